/// A store that an older program made is brought up to date when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// The version of its schema before.
    pub from: i64,
    /// The version that this program works with.
    pub to: i64,
}
