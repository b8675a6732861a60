//! What the node asks of the system for itself.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Private keys never go to a core file, and the process's memory is not for other
/// processes of its user. What the system refuses stays as it is: the node works all the same.
pub(crate) fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Takes as many file descriptors as the system allows; returns how many there are, or
/// `None` where there is no limit. Each connection needs one.
pub(crate) fn take_file_descriptors() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(Resource::Nofile).current
}
