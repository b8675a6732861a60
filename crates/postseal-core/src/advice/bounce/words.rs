/// The words of a text, with a look at those before and behind.
pub(super) struct Words<'t> {
    rest: &'t str,
    /// The words before, the nearest first.
    before: [&'t str; 3],
    current: &'t str,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Words<'t> {
        Words { rest: text, before: [""; 3], current: "" }
    }

    /// The word so many places before the current one; empty at the beginning.
    pub(super) fn back(&self, places: usize) -> &'t str {
        self.before.get(places.wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// The next word.
    pub(super) fn peek(&self) -> Option<&'t str> {
        self.rest.split_whitespace().next()
    }

    /// The one behind the next.
    pub(super) fn peek_second(&self) -> Option<&'t str> {
        self.rest.split_whitespace().nth(1)
    }

    pub(super) fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.before = [self.current, self.before[0], self.before[1]];
        self.current = &rest[..end];
        self.rest = &rest[end..];
        (end > 0).then_some(self.current)
    }
}
