use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::super::client_prefix::ClientPrefix;
use super::ListenerLimits;

/// Who is connected over TCP.
pub(super) struct Connections {
    total: usize,
    per_prefix: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Connection>,
}

struct Connection {
    prefix: ClientPrefix,
    last_query: Instant,
    cut: Arc<Notify>,
}

/// The place of one connection; dropping it gives it back.
pub(super) struct Place {
    connections: Arc<Connections>,
    id: u64,
    cut: Arc<Notify>,
}

impl Connections {
    pub(super) fn new(limits: &ListenerLimits) -> Connections {
        Connections {
            total: limits.connections,
            per_prefix: limits.connections_per_prefix,
            open: Mutex::default(),
        }
    }

    /// A place for this client, or `None` where its network has all that it may have. Where
    /// no place is left at all, the connection that has asked nothing for longest is cut, so
    /// that silent connections do not keep honest ones out.
    pub(super) fn admit(self: &Arc<Connections>, client: IpAddr) -> Option<Place> {
        let prefix = ClientPrefix::of(client);
        let mut open = self.lock();
        if open.connections.values().filter(|c| c.prefix == prefix).count() >= self.per_prefix {
            return None;
        }
        if open.connections.len() >= self.total {
            let (&longest, connection) = open.connections.iter().min_by_key(|(_, c)| c.last_query)?;
            connection.cut.notify_one();
            open.connections.remove(&longest);
        }
        let (id, cut) = (open.next_id, Arc::new(Notify::new()));
        open.next_id += 1;
        let connection = Connection { prefix, last_query: Instant::now(), cut: Arc::clone(&cut) };
        open.connections.insert(id, connection);
        Some(Place { connections: Arc::clone(self), id, cut })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A query has come.
    pub(super) fn asked(&self) {
        if let Some(connection) = self.connections.lock().connections.get_mut(&self.id) {
            connection.last_query = Instant::now();
        }
    }

    /// Resolves when the connection must end.
    pub(super) fn cut(&self) -> Arc<Notify> {
        Arc::clone(&self.cut)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().connections.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize) -> Arc<Connections> {
        let limits = ListenerLimits { connections: total, ..ListenerLimits::default() };
        Arc::new(Connections::new(&limits))
    }

    #[test]
    fn a_network_has_its_share() {
        let connections = connections(150);
        let places: Vec<_> = (0..11).map(|host| connections.admit([192, 0, 2, host].into())).collect();
        assert_eq!(places.iter().filter(|p| p.is_some()).count(), 10);
        assert!(connections.admit([192, 0, 3, 1].into()).is_some());
        drop(places);
        assert!(connections.admit([192, 0, 2, 1].into()).is_some());
    }

    #[tokio::test]
    async fn the_longest_silent_one_makes_room() {
        let connections = connections(3);
        let admit = |net| connections.admit([192, 0, net, 1].into()).expect("room");
        let (first, second, third) = (admit(1), admit(2), admit(3));
        first.asked();
        let fourth = admit(4);
        second.cut().notified().await;
        for kept in [&first, &third, &fourth] {
            assert!(connections.lock().connections.contains_key(&kept.id));
        }
        assert_eq!(connections.lock().connections.len(), 3);
    }
}
