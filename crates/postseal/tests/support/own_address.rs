use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};

/// An address of the loopback network that no other test is given, for what must be told before it is listened
/// on, or is listened on again. A port that was found free may be somebody else's a moment later; this one's
/// host is this process's alone, and its port is none that the system gives out by itself.
pub fn own_address() -> SocketAddr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, 64 | high & 63, middle, low);
    (host, NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

static NEXT: AtomicU16 = AtomicU16::new(20_000);
