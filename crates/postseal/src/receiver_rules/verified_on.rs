use std::fmt;
use std::str::FromStr;

/// Days after which a rule is called old.
const OLD: i64 = 365;

/// The day on which a rule was last held against its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VerifiedOn {
    text: String,
    /// Days since 1970 began.
    day: i64,
}

impl VerifiedOn {
    /// True more than a year later; `now` in seconds since 1970.
    pub(crate) fn is_old(&self, now: u64) -> bool {
        let today = i64::try_from(now / 86_400).unwrap_or(i64::MAX);
        today.saturating_sub(self.day) > OLD
    }
}

impl fmt::Display for VerifiedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for VerifiedOn {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<VerifiedOn, NotADate> {
        let date: toml::value::Datetime = text.parse().map_err(|_| NotADate)?;
        let (Some(date), None, None) = (date.date, date.time, date.offset) else { return Err(NotADate) };
        let (year, month) = (i64::from(date.year), i64::from(date.month));
        // Years are counted from March, so that the leap day is the last of its year.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let day_of_year = (153 * month + 2) / 5 + i64::from(date.day) - 1;
        // 1 March of the year 0 is 719 468 days before 1970.
        let day = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
        Ok(VerifiedOn { text: text.to_owned(), day })
    }
}

/// Not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date, as in 2026-07-02")]
pub(crate) struct NotADate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(text.parse().ok().map(|date: VerifiedOn| date.day), expected, "{text}");
        };
        // As `date -u -d TEXT +%s` has them.
        check("1970-01-01", Some(0));
        check("2026-07-02", Some(1_782_950_400 / 86_400));
        check("2024-02-29", Some(1_709_164_800 / 86_400));
        for bad in ["2026-02-30", "2026-13-01", "yesterday", "", "2026-07-02T10:00:00Z"] {
            check(bad, None);
        }
    }

    #[test]
    fn a_year_makes_a_rule_old() {
        let verified: VerifiedOn = "2026-07-02".parse().expect("a date");
        let second = |days: u64| 1_782_950_400 + days * 86_400;
        assert!(!verified.is_old(second(365)) && verified.is_old(second(366)));
        assert!(!verified.is_old(0));
    }
}
