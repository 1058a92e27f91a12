//! The accepted values of a key. While a key is being changed, its variable lists the new and the old value, separated by
//! commas.

use super::mac::constant_time_eq;
use domain::Sensitive;

/// Minimum length of a key that is not found by trying.
const STRONG_LENGTH: usize = 20;

/// The accepted values of a key, the newest first. Never empty.
#[derive(Debug, Clone)]
pub struct KeyList {
    newest: Sensitive,
    older: Vec<Sensitive>,
}

impl KeyList {
    /// Reads the value of a variable. Returns `None` if it lists no key: comparison with an empty key would accept every
    /// request.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys = text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Sensitive::from);
        let newest = keys.next()?;
        Some(Self { newest, older: keys.collect() })
    }

    /// Returns whether a text is one of the keys, in time that does not depend on where it differs.
    pub fn accepts(&self, given: &str) -> bool {
        self.iter().fold(false, |found, key| constant_time_eq(given, key.expose()) | found)
    }

    /// Returns whether one of the keys is so short that it may be found by trying.
    pub fn is_weak(&self) -> bool {
        self.iter().any(|key| key.expose().len() < STRONG_LENGTH)
    }

    /// Returns the newest key, with which this application signs.
    pub const fn newest(&self) -> &Sensitive {
        &self.newest
    }

    /// Returns all keys, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sensitive> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_key_is_accepted_and_nothing_else() {
        let keys = KeyList::parse(" new , old,").unwrap();
        assert_eq!(keys.newest().expose(), "new");
        for given in ["new", "old"] {
            assert!(keys.accepts(given), "{given}");
        }
        for given in ["", " new", "new,old", "ol", ","] {
            assert!(!keys.accepts(given), "{given}");
        }
    }

    #[test]
    fn a_list_is_as_weak_as_its_weakest_key() {
        for (text, is_weak) in [("0123456789abcdef0123", false), ("0123456789abcdef0123,x", true), ("summer26", true)] {
            assert_eq!(KeyList::parse(text).unwrap().is_weak(), is_weak, "{text}");
        }
    }

    #[test]
    fn a_list_without_a_key_is_none() {
        for text in ["", " ", ",", " , ,"] {
            assert!(KeyList::parse(text).is_none(), "{text:?}");
        }
    }
}
