use std::fmt;

/// What an account or an API token is called, also in the audit log: 2 to 64 of `a` to `z`, digits, and
/// `. _ - @`, with a letter or a digit first. Never given to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorName(String);

/// A text is no name of an account or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 2 to 64 of a-z, 0-9 and . _ - @, and begins with a letter or a digit")]
pub struct ActorNameError;

impl ActorName {
    /// Capital letters become small ones.
    ///
    /// # Errors
    /// [`ActorNameError`].
    pub fn parse(text: &str) -> Result<ActorName, ActorNameError> {
        let text = text.to_ascii_lowercase();
        let word = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(word);
        let whole = text.bytes().all(|octet| word(octet) || b"._-@".contains(&octet));
        if (2..=64).contains(&text.len()) && begins && whole {
            Ok(ActorName(text))
        } else {
            Err(ActorNameError)
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the holder of an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 1] = [Role::Administrator];

    /// Its word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
        }
    }
}

/// A password as it is kept: a PHC string (argon2id). It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What a password hasher has made.
    pub fn new(phc: String) -> PasswordHash {
        PasswordHash(phc)
    }

    /// The PHC string.
    pub fn phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// A person who is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// By which the audit log has what they do.
    pub name: ActorName,
    /// What they may do.
    pub role: Role,
    /// What their password is held against.
    pub password: PasswordHash,
    /// UNIX seconds.
    pub made_at: u64,
    /// When the password was set, UNIX seconds.
    pub password_at: u64,
}

/// A person who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: ActorName,
    /// What they may do.
    pub role: Role,
    /// When they logged in, UNIX seconds.
    pub made_at: u64,
    /// When they were last seen, UNIX seconds; written down about once a minute.
    pub seen_at: u64,
}

/// When sessions end, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    /// Without a request.
    pub idle: u64,
    /// Whatever is done.
    pub absolute: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(ActorName::parse(text).ok().as_ref().map(ActorName::as_str), expected, "{text:?}");
        };
        check("Admin", Some("admin"));
        check("keiko.ito@contoso.example", Some("keiko.ito@contoso.example"));
        check("backup-job_2", Some("backup-job_2"));
        check("a", None);
        check("-ab", None);
        check("a b", None);
        check("a\nb", None);
        check("管理者", None);
        check(&"a".repeat(64), Some(&"a".repeat(64)));
        check(&"a".repeat(65), None);
    }
}
