use toml::value::{Date, Datetime, Offset};

/// A moment in seconds since 1970. A day alone means its end, in UTC: what is valid
/// until 31 January is valid on that day. A time without an offset is UTC too; a time
/// without a day is no moment.
pub(crate) fn end_of(written: &Datetime) -> Option<u64> {
    let days = days_since_1970(written.date?);
    let Some(time) = written.time else { return u64::try_from((days + 1) * DAY).ok() };
    let offset = match written.offset {
        Some(Offset::Custom { minutes }) => i64::from(minutes) * 60,
        Some(Offset::Z) | None => 0,
    };
    let seconds = i64::from(time.hour) * 3_600
        + i64::from(time.minute) * 60
        + i64::from(time.second.unwrap_or_default());
    u64::try_from(days * DAY + seconds - offset).ok()
}

/// Days of the Gregorian calendar, negative before 1970.
fn days_since_1970(date: Date) -> i64 {
    let year = i64::from(date.year);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leap_years_before = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let days_before_year = (year - 1970) * 365 + leap_years_before(year) - leap_years_before(1970);
    let month = usize::from(date.month.clamp(1, 12)) - 1;
    let leap_day = i64::from(month > 1 && leap(year));
    days_before_year + DAYS_BEFORE_MONTH[month] + leap_day + i64::from(date.day) - 1
}

/// Seconds.
const DAY: i64 = 86_400;

const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments() {
        let check = |text: &str, expected: Option<u64>| {
            let written: Datetime = text.parse().expect("a date of TOML");
            assert_eq!(end_of(&written), expected, "{text}");
        };
        // As `date -u -d TEXT +%s` has them.
        check("2027-01-31T00:00:00Z", Some(1_801_353_600));
        check("2027-01-31", Some(1_801_353_600 + 86_400));
        check("2027-01-31T12:34:56", Some(1_801_398_896));
        check("2027-01-31T12:34:56+09:00", Some(1_801_366_496));
        check("2028-02-29T00:00:00Z", Some(1_835_395_200));
        check("2028-03-01T00:00:00Z", Some(1_835_481_600));
        check("2100-03-01T00:00:00Z", Some(4_107_542_400));
        check("1970-01-01T00:00:00Z", Some(0));
        check("1969-01-01", None);
        check("12:34:56", None);
    }
}
