//! The operations and the workers, on a world of their own.

mod keys;
mod let_in;
mod ownership;
