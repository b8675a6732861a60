//! The service on a real store, with the owner's zone, the hosting zone and a resolver on loopback.

mod keys;
mod ownership;
mod world;
