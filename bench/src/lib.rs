//! What the two programs of the comparisons share: messages, keys, and the physical floor.

pub mod bodies;
pub mod floor;
pub mod scene;
