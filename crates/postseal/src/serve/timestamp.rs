/// A moment as RFC 3339 writes it, in UTC: `2027-01-31T12:34:56.789Z`.
pub(crate) fn timestamp(milliseconds_since_1970: u64) -> String {
    let seconds = milliseconds_since_1970 / 1_000;
    let (year, month, day) = date(seconds / DAY);
    let second = seconds % DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3_600,
        second / 60 % 60,
        second % 60,
        milliseconds_since_1970 % 1_000
    )
}

/// The date of the Gregorian calendar, so many days after 1970 began. Years are counted
/// from March, so that the leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    // 1 March of the year 0 is 719 468 days before 1970.
    let days = days + 719_468;
    let (cycle, day_of_cycle) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    // From March on, months have 31 and 30 days by turns, five of them 153.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

/// Seconds.
const DAY: u64 = 86_400;

const DAYS_OF_400_YEARS: u64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_moments() {
        // As `date -u -d @SECONDS` has them.
        let check = |milliseconds: u64, expected: &str| assert_eq!(timestamp(milliseconds), expected);
        check(0, "1970-01-01T00:00:00.000Z");
        check(1_801_398_896_789, "2027-01-31T12:34:56.789Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(1_835_481_599_999, "2028-02-29T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(4_107_542_399_000, "2100-02-28T23:59:59.000Z");
    }
}
