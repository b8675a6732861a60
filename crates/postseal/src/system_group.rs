//! Groups of the system, as `/etc/group` and `/etc/passwd` have them.

use std::fs;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SystemGroup {
    pub(crate) gid: u32,
    /// The names of those who are in it beside their own group.
    members: Vec<String>,
}

impl SystemGroup {
    /// The group of this name, as the system has it now.
    pub(crate) fn find(name: &str) -> Option<SystemGroup> {
        SystemGroup::read(&fs::read_to_string(GROUPS).ok()?, name)
    }

    fn read(groups: &str, name: &str) -> Option<SystemGroup> {
        let fields = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let found = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
        let gid = found.get(2)?.parse().ok()?;
        let members = found.get(3).unwrap_or(&"").split(',').filter(|member| !member.is_empty());
        Some(SystemGroup { gid, members: members.map(str::to_owned).collect() })
    }

    /// Whether a user is in it.
    pub(crate) fn has(&self, uid: u32) -> bool {
        self.has_by(&fs::read_to_string(USERS).unwrap_or_default(), uid)
    }

    fn has_by(&self, users: &str, uid: u32) -> bool {
        let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let mut same = fields.filter(|fields| fields.get(2).and_then(|uid| uid.parse().ok()) == Some(uid));
        same.any(|fields| {
            let own = fields.get(3).and_then(|gid| gid.parse().ok());
            own == Some(self.gid)
                || self.members.iter().any(|member| fields.first() == Some(&member.as_str()))
        })
    }
}

const GROUPS: &str = "/etc/group";
const USERS: &str = "/etc/passwd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_a_group() {
        let groups = "root:x:0:\npostseal:x:990:anna,ben\nempty:x:991\nodd\n";
        let users = "root:x:0:0::/root:/bin/sh\nanna:x:1000:100::/:/bin/sh\ncarl:x:1001:990::/:/bin/sh\n\
                     dora:x:1002:100::/:/bin/sh\nodd\n";
        let group = SystemGroup::read(groups, "postseal").expect("there");
        let check = |uid: u32, expected: bool| assert_eq!(group.has_by(users, uid), expected, "{uid}");
        check(1_000, true);
        check(1_001, true);
        check(1_002, false);
        check(0, false);
        check(4_711, false);
        assert_eq!(SystemGroup::read(groups, "nobody"), None);
        assert_eq!(SystemGroup::read(groups, "empty").map(|group| group.gid), Some(991));
        assert_eq!(SystemGroup::read(groups, "odd"), None);
    }
}
