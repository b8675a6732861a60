use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Queries that one server gets in a second from us, however many names wait, unless set otherwise.
pub const QUERIES_PER_SECOND: usize = 10;

/// When each server was asked last.
pub(super) struct Pace {
    per_second: usize,
    servers: Mutex<HashMap<IpAddr, VecDeque<Instant>>>,
}

/// The server has more queries waiting than it will get in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Pace {
    /// So many queries to one server in a second, at least one.
    pub(super) fn new(per_second: usize) -> Pace {
        Pace { per_second: per_second.max(1), servers: Mutex::default() }
    }

    /// Waits until this server may be asked once more.
    pub(super) async fn wait(&self, server: IpAddr) -> Result<(), TooMany> {
        let turn = self.reserve(server.to_canonical(), Instant::now())?;
        sleep_until(turn).await;
        Ok(())
    }

    /// The time of the next query: no second holds more than were set.
    fn reserve(&self, server: IpAddr, now: Instant) -> Result<Instant, TooMany> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() >= MAX_REMEMBERED && !servers.contains_key(&server) {
            servers.retain(|_, times| times.back().is_some_and(|last| *last + SECOND > now));
            if servers.len() >= MAX_REMEMBERED {
                return Err(TooMany);
            }
        }
        let times = servers.entry(server).or_default();
        let turn = match times.front() {
            Some(first) if times.len() >= self.per_second => now.max(*first + SECOND),
            _ => now,
        };
        if turn > now + MAX_WAIT {
            return Err(TooMany);
        }
        if times.len() >= self.per_second {
            times.pop_front();
        }
        times.push_back(turn);
        Ok(turn)
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// A query that would wait longer is not sent; whoever asked asks again later anyway.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Servers whose times are remembered: all that can be asked within a second or so.
const MAX_REMEMBERED: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_in_any_second() {
        let pace = Pace::new(QUERIES_PER_SECOND);
        let now = Instant::now();
        let ask = |ms: u64| pace.reserve([192, 0, 2, 1].into(), now + Duration::from_millis(ms));
        let mut turns: Vec<Instant> = (0..30).map(|i| ask(i * 7).expect("soon")).collect();
        turns.extend((0..20).map(|i| ask(4000 + i * 200).expect("soon")));
        for (i, turn) in turns.iter().enumerate() {
            let within = turns[i..].iter().filter(|t| **t < *turn + SECOND).count();
            assert!(within <= QUERIES_PER_SECOND, "{within} within a second");
        }
        let other = pace.reserve([192, 0, 2, 2].into(), now);
        assert_eq!(other, Ok(now), "each server has its own");
    }

    #[test]
    fn what_would_wait_too_long_is_not_asked() {
        let (pace, now) = (Pace::new(QUERIES_PER_SECOND), Instant::now());
        let asked = (0..1000).filter(|_| pace.reserve([192, 0, 2, 1].into(), now).is_ok());
        assert_eq!(asked.count(), 310);
    }
}
