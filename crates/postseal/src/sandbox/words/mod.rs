//! What the sandbox's pages say. Buttons, links and fields are [`Label`]s; the story names them by the same label, so
//! that no text can name a button that is called otherwise.

mod label;
mod markup;
mod said;
mod tale;

pub(super) use label::Label;
pub(super) use markup::to_html;
pub(super) use said::{Said, place_label, policy_label, said, trouble};
pub(super) use tale::{END, TALES};
