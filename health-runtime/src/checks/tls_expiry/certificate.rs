//! The dates and the subject of a certificate, and what they mean.

use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

use crate::BoxError;
use crate::outcome::{CheckResult, Outcome};

const DAY: i64 = 24 * 60 * 60;

/// What the check needs of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    subject: String,
    /// In seconds since 1970, like the other times here.
    not_before: i64,
    not_after: i64,
}

impl Certificate {
    /// Reads a certificate. Nothing else is checked, because clients accept more than the standard allows.
    pub(super) fn parse(der: &CertificateDer<'_>) -> Result<Self, BoxError> {
        let certificate = CertificateInner::<Raw>::from_der(der)
            .map_err(|error| format!("a certificate cannot be parsed: {error}"))?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        Ok(Self {
            subject: subject(certificate),
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
        })
    }
}

fn seconds(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// The subject, or the first DNS name if there is none.
fn subject(certificate: &TbsCertificateInner<Raw>) -> String {
    if !certificate.subject().is_empty() {
        return certificate.subject().to_string();
    }
    let names = certificate.get_extension::<SubjectAltName>().ok().flatten();
    let names = names.map(|(_, names)| names.0).unwrap_or_default();
    let dns = names.iter().find_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    });
    dns.unwrap_or_else(|| "(unnamed)".to_owned())
}

/// The result for a chain.
pub(super) fn judge(certificates: &[Certificate], now: SystemTime, warning: Duration) -> CheckResult {
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH);
    let now = since_1970.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let first = certificates
        .iter()
        .min_by_key(|certificate| certificate.not_after)
        .ok_or("there is no certificate")?;
    let early = certificates.iter().find(|certificate| certificate.not_before > now);
    let left = first.not_after - now;
    let days = left.div_euclid(DAY);
    let subject = &first.subject;
    let outcome = match (left.cmp(&0), early) {
        (Ordering::Less, _) => Outcome::unhealthy(format!(
            "the certificate of `{subject}` has expired {} ago",
            span(-left)
        )),
        (_, Some(early)) => Outcome::unhealthy(format!(
            "the certificate of `{}` is not valid yet; it will be in {}, unless the clock of this machine is wrong",
            early.subject,
            span(early.not_before - now)
        )),
        _ if left < i64::try_from(warning.as_secs()).unwrap_or(i64::MAX) => {
            Outcome::degraded(format!("the certificate of `{subject}` expires in {}", span(left)))
        }
        _ => Outcome::healthy(),
    };
    Ok(outcome
        .detail("expires_in_days", days)
        .detail("subject", subject.as_str()))
}

/// A time in days, hours, minutes or seconds: the largest unit in which the number is greater than one.
fn span(seconds: i64) -> String {
    match seconds {
        172_800.. => format!("{} days", seconds / DAY),
        7_200.. => format!("{} hours", seconds / 3600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reason, Status};

    const NOW: i64 = 1_800_000_000;

    fn valid(subject: &str, from: i64, to: i64) -> Certificate {
        Certificate {
            subject: subject.to_owned(),
            not_before: NOW + from,
            not_after: NOW + to,
        }
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs())
    }

    fn judged(certificates: &[Certificate], warning: i64) -> Outcome {
        let warning = Duration::from_secs(warning.unsigned_abs());
        judge(certificates, now(), warning).expect("there are certificates")
    }

    #[test]
    fn the_certificate_that_expires_first_decides() {
        let chain = [
            valid("a", -DAY, 40 * DAY),
            valid("b", -DAY, 14 * DAY),
            valid("c", -DAY, 99 * DAY),
        ];
        let healthy = judged(&chain, 14 * DAY);
        assert_eq!((healthy.status(), healthy.message()), (Status::Healthy, None));
        let [days, subject] = healthy.details() else {
            panic!("{healthy:?}")
        };
        assert_eq!((&*days.name, days.value.as_f64()), ("expires_in_days", Some(14.0)));
        assert_eq!((&*subject.name, subject.value.as_str()), ("subject", Some("b")));

        let degraded = judged(&chain, 14 * DAY + 1);
        assert_eq!(
            (degraded.status(), degraded.reason()),
            (Status::Degraded, Some(Reason::Reported))
        );
        assert_eq!(degraded.message(), Some("the certificate of `b` expires in 14 days"));
    }

    #[test]
    fn a_certificate_is_valid_until_the_last_second_and_then_unhealthy() {
        let last = judged(&[valid("a", 0, 0)], 0);
        assert_eq!(last.status(), Status::Healthy);
        assert_eq!(last.details()[0].value.as_f64(), Some(0.0));
        let expired = judged(&[valid("a", -DAY, -1)], 0);
        assert_eq!(
            (expired.status(), expired.reason()),
            (Status::Unhealthy, Some(Reason::Reported))
        );
        assert_eq!(expired.message(), Some("the certificate of `a` has expired 1 s ago"));
        assert_eq!(expired.details()[0].value.as_f64(), Some(-1.0));
    }

    #[test]
    fn a_certificate_that_is_not_valid_yet_is_unhealthy_even_if_another_is_about_to_expire() {
        let chain = [valid("a", -DAY, DAY), valid("b", 1, 99 * DAY)];
        let early = judged(&chain, 14 * DAY);
        assert_eq!(early.status(), Status::Unhealthy);
        let message = early.message().expect("it has a cause");
        assert!(
            message.starts_with("the certificate of `b` is not valid yet; it will be in 1 s"),
            "{message}"
        );
    }

    #[test]
    fn no_certificate_is_an_error() {
        judge(&[], now(), Duration::ZERO).unwrap_err();
        Certificate::parse(&CertificateDer::from(&b"0\x03\x02\x01\x01"[..])).unwrap_err();
    }

    #[test]
    fn a_time_has_a_unit_that_fits() {
        let spans = [0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(span);
        assert_eq!(
            spans,
            [
                "0 s",
                "119 s",
                "2 minutes",
                "119 minutes",
                "2 hours",
                "47 hours",
                "2 days"
            ]
        );
    }
}
