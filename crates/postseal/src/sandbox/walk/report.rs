use serde::Serialize;

/// What happened, in the order in which it did.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Somebody typed this command.
    Command { line: String, status: i32, output: String },
    /// The owner pasted this record at the DNS host.
    Registered { record: String },
    /// A message was sent, and came to this.
    Mail {
        sender: &'static str,
        author: String,
        recipient: String,
        place: &'static str,
        detail: String,
        fields: Vec<String>,
    },
    /// It is as it should be.
    Seen { text: String },
}

/// A step of the walk.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) number: usize,
    pub(crate) title: String,
    /// Why it matters, in a sentence or two.
    pub(crate) text: String,
}

/// Who is told.
pub(crate) trait Reporter: Send {
    /// A step begins.
    fn step(&mut self, step: &Step);
    /// Something happened in it.
    fn event(&mut self, event: &Event);
}
