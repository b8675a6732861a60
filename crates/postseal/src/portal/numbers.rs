use std::borrow::Borrow;

/// A number as both languages write it: with a comma before each three digits.
pub(super) fn grouped(number: impl Borrow<u64>) -> String {
    let digits = number.borrow().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let texts = [0_u64, 999, 1_000, 10_000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "10,000", "1,234,567"]);
    }
}
