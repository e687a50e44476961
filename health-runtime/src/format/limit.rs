//! How long a body may be. If not all checks of a report fit, the last ones are left out.

use std::sync::Arc;

use bytes::Bytes;

use crate::report::{Audience, CheckReport, Report};

/// Load balancers read the first KiB. None of them keeps more than 4 KiB.
const PUBLIC_LIMIT: usize = 4096;

/// Enough for ten thousand healthy checks.
const INTERNAL_LIMIT: usize = 1024 * 1024;

/// A public body never has room for more checks than this, because each check takes about 50 bytes or more.
const MOST_PUBLIC_CHECKS: usize = 80;

/// The largest number of checks that a body for this audience has room for.
pub(super) fn most_checks(audience: Audience) -> usize {
    match audience {
        Audience::Public => MOST_PUBLIC_CHECKS,
        Audience::Internal => usize::MAX,
    }
}

/// The body with as many checks of the report as fit. `render` makes the body with the first `shown` checks.
pub(super) fn fit(report: &Report, audience: Audience, render: impl Fn(usize) -> Bytes) -> Bytes {
    let limit = match audience {
        Audience::Public => PUBLIC_LIMIT,
        Audience::Internal => INTERNAL_LIMIT,
    };
    // Checks that cannot fit are not rendered, because they would be thrown away.
    let mut room = limit;
    let fits = |check: &&CheckReport| {
        let before = room;
        room = room.saturating_sub(least(check, audience));
        before > 0
    };
    let fitting = report.checks.iter().take_while(fits).count();
    shrink(fitting.min(most_checks(audience)), limit, render)
}

/// The body with as many checks as take fewer than `limit` bytes, and with at most `shown` checks.
pub(super) fn shrink(mut shown: usize, limit: usize, render: impl Fn(usize) -> Bytes) -> Bytes {
    loop {
        let body = render(shown);
        if body.len() < limit || shown == 0 {
            return body;
        }
        shown = proportional(shown, limit, body.len()).min(shown - 1);
    }
}

/// How many checks fit, if this many checks take this many bytes. The product of both overflows a 32-bit `usize` from
/// 4,096 checks on.
fn proportional(checks: usize, limit: usize, bytes: usize) -> usize {
    let fit = checks as u128 * limit as u128 / bytes as u128;
    usize::try_from(fit).unwrap_or(checks)
}

/// The least number of bytes that the check takes.
fn least(check: &CheckReport, audience: Audience) -> usize {
    let said = |message: &Option<Arc<str>>| message.as_ref().map_or(0, |message| message.len());
    let parts = check.parts.iter().map(|part| part.name.len() + said(&part.message));
    match audience {
        Audience::Public => check.name.len(),
        Audience::Internal => check.name.len() + said(&check.message) + parts.sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proportional_limit_does_not_overflow_for_any_number_of_checks() {
        assert_eq!(proportional(100, 1_000, 4_000), 25);
        // On 64 bits the product overflows only here; on 32 bits it does with 4,096 checks on the internal port.
        assert_eq!(
            proportional(usize::MAX / 2, INTERNAL_LIMIT, usize::MAX - 1),
            INTERNAL_LIMIT / 2
        );
    }
}
