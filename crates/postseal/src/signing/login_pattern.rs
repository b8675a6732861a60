use std::str::FromStr;

use postseal_core::dns::DomainName;

/// Which logins are meant: one name, `*@domain`, or `*` for every client that
/// has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginPattern {
    /// `*`
    Any,
    /// `*@contoso.example`
    AtDomain(DomainName),
    /// `jo`, `jo@contoso.example`: exactly this.
    Name(String),
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginPatternError {
    /// Nothing.
    #[error("the login is empty")]
    Empty,
    /// A star elsewhere: a pattern that could mean more than its writer thinks.
    #[error("a star stands alone or before \"@\" and a domain: \"*\", \"*@contoso.example\"")]
    Star,
}

impl LoginPattern {
    /// Whether this login is meant. A domain is compared without case, all else
    /// as it is: whether `Jo` is `jo` is the MTA's business.
    pub(crate) fn matches(&self, login: &[u8]) -> bool {
        match self {
            LoginPattern::Any => !login.is_empty(),
            LoginPattern::Name(name) => name.as_bytes() == login,
            LoginPattern::AtDomain(domain) => LoginPattern::domain_of(login).as_ref() == Some(domain),
        }
    }

    /// The domain behind the last `@` of a login, if something stands before it.
    pub(crate) fn domain_of(login: &[u8]) -> Option<DomainName> {
        let at = login.iter().rposition(|b| *b == b'@').filter(|at| *at > 0)?;
        DomainName::parse_octets(&login[at + 1..]).ok()
    }
}

impl FromStr for LoginPattern {
    type Err = LoginPatternError;

    fn from_str(text: &str) -> Result<LoginPattern, LoginPatternError> {
        match text.strip_prefix('*') {
            _ if text.is_empty() => Err(LoginPatternError::Empty),
            Some("") => Ok(LoginPattern::Any),
            Some(rest) => {
                let domain = rest.strip_prefix('@').and_then(|domain| DomainName::parse(domain).ok());
                domain.map(LoginPattern::AtDomain).ok_or(LoginPatternError::Star)
            }
            None if text.contains('*') => Err(LoginPatternError::Star),
            None => Ok(LoginPattern::Name(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_patterns() {
        let check = |text: &str, expected: Result<LoginPattern, LoginPatternError>| {
            assert_eq!(text.parse::<LoginPattern>(), expected, "{text:?}");
        };
        check("*", Ok(LoginPattern::Any));
        check("jo", Ok(LoginPattern::Name("jo".to_owned())));
        check("", Err(LoginPatternError::Empty));
        check("*contoso.example", Err(LoginPatternError::Star));
        check("*@", Err(LoginPatternError::Star));
        check("*@*.example", Err(LoginPatternError::Star));
        check("jo*", Err(LoginPatternError::Star));
    }

    #[test]
    fn matches_logins() {
        let check = |pattern: &str, login: &str, expected: bool| {
            let pattern: LoginPattern = pattern.parse().expect("a pattern");
            assert_eq!(pattern.matches(login.as_bytes()), expected, "{pattern:?} {login}");
        };
        check("*", "jo", true);
        check("*", "", false);
        check("jo", "jo", true);
        check("jo", "Jo", false);
        check("*@contoso.example", "jo@contoso.example", true);
        check("*@Contoso.example", "jo@CONTOSO.example", true);
        check("*@contoso.example", "jo@sub.contoso.example", false);
        check("*@contoso.example", "jo@evilcontoso.example", false);
        check("*@contoso.example", "@contoso.example", false);
        check("*@contoso.example", "contoso.example", false);
        check("*@contoso.example", "jo@contoso.example@fabrikam.example", false);
    }
}
