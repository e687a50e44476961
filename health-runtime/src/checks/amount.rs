//! Amounts of bytes and percentages.

/// The part of the whole in percent, rounded down to one decimal place. So 9.96 % is shown as less than 10 %.
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    in_tenths(u128::from(part) * 1_000 / u128::from(whole.max(1)))
}

/// Like [`percent`], but rounded up. So 90.04 % is shown as more than 90 %.
#[cfg(target_os = "linux")]
pub(super) fn percent_up(part: u64, whole: u64) -> f64 {
    in_tenths((u128::from(part) * 1_000).div_ceil(u128::from(whole.max(1))))
}

#[allow(clippy::cast_precision_loss, reason = "a percentage is small")]
fn in_tenths(tenths: u128) -> f64 {
    tenths as f64 / 10.0
}

/// Compares a part of the whole with a percentage, without rounding.
pub(super) fn is_less(part: u64, percent: u8, whole: u64) -> bool {
    u128::from(part) * 100 < u128::from(whole) * u128::from(percent)
}

/// Compares a part of the whole with a percentage, without rounding.
#[cfg(target_os = "linux")]
pub(super) fn is_more(part: u64, percent: u8, whole: u64) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

/// The amount with a unit: `0 B`, `1.5 GiB`.
#[allow(clippy::cast_precision_loss, reason = "one decimal place is shown")]
pub(super) fn size(bytes: u64) -> String {
    let (mut amount, mut unit) = (bytes as f64, "B");
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if amount < 1_024.0 {
            break;
        }
        (amount, unit) = (amount / 1_024.0, larger);
    }
    let decimals = usize::from(unit != "B");
    format!("{amount:.decimals$} {unit}")
}

/// Panics unless the percentage can be a limit. With 0 or 100, the check would always or never be beyond its limit.
#[track_caller]
pub(super) fn assert_limit(percent: u8) {
    assert!(
        (1..=99).contains(&percent),
        "a limit in percent must be between 1 and 99, but it is {percent}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        let sizes = [0, 1_023, 1_024, 1_536 << 20, u64::MAX];
        assert_eq!(sizes.map(size), ["0 B", "1023 B", "1.0 KiB", "1.5 GiB", "16.0 EiB"]);
    }

    #[test]
    fn percentages_are_compared_exactly_and_never_overflow() {
        assert!(is_less(9, 10, 100) && !is_less(10, 10, 100));
        assert!(is_less(u64::MAX / 100, 1, u64::MAX) && !is_less(u64::MAX, 99, u64::MAX));
        assert!(!is_less(0, 10, 0));
        assert!((percent(2, 3) - 66.6).abs() < 1e-9);
        assert!((percent(u64::MAX, u64::MAX) - 100.0).abs() < 1e-9);
        assert!(percent(1, 0) >= 100.0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn more_than_a_percentage_excludes_the_percentage_itself() {
        assert!((percent_up(1, 3) - 33.4).abs() < 1e-9);
        assert!((percent_up(1, 2) - 50.0).abs() < 1e-9);
        assert!(is_more(91, 90, 100) && !is_more(90, 90, 100));
        assert!(is_more(1, 90, 0) && is_more(u64::MAX, 99, u64::MAX));
    }
}
