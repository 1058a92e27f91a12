//! The key-value port with typed keys, so that a record is read only as the type that its key names.
//!
//! The version of a record is checked here, and nowhere else. Records are sealed and opened here (`crate::sealing`).

use crate::concurrency::run_bounded;
use crate::ports::traits::{KeyValue, Random, StoreError};
use crate::sealing::Keyring;
use crate::sealing::data_keys::is_sealed;
use domain::EmailHash;
use domain::records::{self, AnyKey, Key, MAX_RECORD_BYTES, RecordError, RecordKind, StoreKey};
use futures::{FutureExt, TryFutureExt};

/// Maximum number of records that are read at once.
const MAX_CONCURRENT_READS: usize = 16;

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored<T> {
    /// Nothing.
    Absent,
    /// A record that this build cannot read.
    Unreadable,
    /// A record.
    Readable(T),
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecords<T> {
    /// Those that can be read, in no order.
    pub records: Vec<T>,
    /// Number of the others.
    pub unreadable: usize,
}

/// The store with typed keys.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    key_value: &'a dyn KeyValue,
    keyring: &'a Keyring,
    random: &'a dyn Random,
}

impl<'a> Store<'a> {
    pub(crate) const fn new(key_value: &'a dyn KeyValue, keyring: &'a Keyring, random: &'a dyn Random) -> Self {
        Self { key_value, keyring, random }
    }

    /// Reads a record. An unreadable one is an error, not absent: treating it as absent could register a person twice.
    pub fn get<K: Key>(
        self,
        key: &K,
    ) -> impl Future<Output = Result<Option<K::Record>, StoreError>> + Send + use<'a, K> {
        self.bytes(key.to_string()).map(|read| {
            let (key, bytes) = read?;
            let record = bytes.and_then(|bytes| bytes.as_deref().map(records::read).transpose());
            record.map_err(|error| unreadable(&key, &error))
        })
    }

    /// Reads a record for a loop over many. Logs and skips an unreadable one, so that the loop reaches the others.
    pub fn get_readable<K: Key>(
        self,
        key: &K,
    ) -> impl Future<Output = Result<Option<K::Record>, StoreError>> + Send + use<'a, K> {
        self.inspect(key).map_ok(|stored| match stored {
            Stored::Readable(record) => Some(record),
            Stored::Absent | Stored::Unreadable => None,
        })
    }

    /// Reads a record. Distinguishes an absent one from an unreadable one, which it logs.
    pub fn inspect<K: Key>(
        self,
        key: &K,
    ) -> impl Future<Output = Result<Stored<K::Record>, StoreError>> + Send + use<'a, K> {
        self.bytes(key.to_string()).map_ok(|(key, bytes)| {
            match bytes.and_then(|bytes| bytes.as_deref().map(records::read).transpose()) {
                Ok(None) => Stored::Absent,
                Ok(Some(record)) => Stored::Readable(record),
                Err(error) => {
                    crate::log!(Error, "record.read_failed", kind = kind(&key), error = error);
                    Stored::Unreadable
                }
            }
        })
    }

    /// Reads the records of some keys. Logs, counts and skips unreadable ones.
    pub async fn get_all<K: Key>(self, keys: &[K]) -> Result<StoredRecords<K::Record>, StoreError>
    where
        K::Record: Send,
    {
        let reads = keys.iter().map(|key| self.inspect(key).boxed());
        let mut all = StoredRecords { records: Vec::new(), unreadable: 0 };
        for stored in run_bounded(MAX_CONCURRENT_READS, reads.collect()).await {
            match stored? {
                Stored::Readable(record) => all.records.push(record),
                Stored::Unreadable => all.unreadable += 1,
                Stored::Absent => {}
            }
        }
        Ok(all)
    }

    /// Returns the opened value of a key, and the key as the store has it. Not generic, so that it is compiled once.
    async fn bytes(self, key: String) -> Result<(String, Result<Option<Vec<u8>>, RecordError>), StoreError> {
        let key = self.stored_key(key).await?;
        let value = match self.key_value.get(&key).await? {
            Some(value) if is_sealed(&value) => {
                let keys = self.keyring.keys_for(&value).await?;
                keys.open(&key, &value).map(Some).map_err(|_| RecordError::Sealed)
            }
            // Records that identify nobody, and those that a build before sealing wrote.
            value => Ok(value),
        };
        Ok((key, value))
    }

    /// Returns the code by which keys that were listed have an address.
    pub async fn address_code(self, email: &EmailHash) -> Result<EmailHash, StoreError> {
        let keys = self.keyring.keys().await?;
        keys.address_code(email).map_err(|error| StoreError(error.to_string()))
    }

    /// Returns a key as the store has it: with the code of an address in place of its hash.
    async fn stored_key(self, key: String) -> Result<String, StoreError> {
        let Some(AnyKey::Registration(mut entry)) = RecordKind::Registration.parse(&key) else { return Ok(key) };
        if entry.email.is_coded() {
            return Ok(key);
        }
        entry.email = self.address_code(&entry.email).await?;
        Ok(entry.to_string())
    }

    /// Returns whether there is a record, readable or not.
    pub fn exists<K: StoreKey>(self, key: &K) -> impl Future<Output = Result<bool, StoreError>> + Send + use<'a, K> {
        self.is_present(key.to_string())
    }

    async fn is_present(self, key: String) -> Result<bool, StoreError> {
        let key = self.stored_key(key).await?;
        Ok(self.key_value.get(&key).await?.is_some())
    }

    /// Writes a record. A record over the size limit is an error.
    pub fn put<K: Key>(
        self,
        key: &K,
        record: &K::Record,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<'a, K> {
        self.write(key.to_string(), serde_json::to_vec(record))
    }

    async fn write(self, key: String, bytes: serde_json::Result<Vec<u8>>) -> Result<(), StoreError> {
        let bytes = bytes.map_err(|error| StoreError(error.to_string()))?;
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(StoreError(format!("a record of kind {} is too large: {} bytes", kind(&key), bytes.len())));
        }
        let key = self.stored_key(key).await?;
        let value = if AnyKey::parse(&key).is_some_and(|key| key.kind().is_sealed()) {
            let keys = self.keyring.keys().await?;
            keys.seal(self.random, &key, &bytes).map_err(|error| StoreError(error.to_string()))?
        } else {
            bytes
        };
        self.key_value.set(&key, value).await
    }

    /// Deletes a record.
    pub fn delete<K: StoreKey>(self, key: &K) -> impl Future<Output = Result<(), StoreError>> + Send + use<'a, K> {
        self.remove(key.to_string())
    }

    async fn remove(self, key: String) -> Result<(), StoreError> {
        let key = self.stored_key(key).await?;
        self.key_value.delete(&key).await
    }

    /// Returns all keys of a kind, or with [`AnyKey`] of all kinds. Reads every key of the store: for maintenance, not
    /// for requests.
    pub async fn list<K: StoreKey>(self) -> Result<Vec<K>, StoreError> {
        self.list_prefixed(K::PREFIX).await
    }

    /// Returns the keys of some kinds, in one listing.
    pub async fn list_kinds(self, kinds: &[RecordKind]) -> Result<Vec<AnyKey>, StoreError> {
        let keys = self.key_value.keys(AnyKey::PREFIX).await?;
        Ok(keys.iter().filter_map(|key| kinds.iter().find_map(|kind| kind.parse(key))).collect())
    }

    /// Returns the keys of a kind that begin with a longer text than its prefix. Reads every key of the store.
    pub async fn list_prefixed<K: StoreKey>(self, prefix: &str) -> Result<Vec<K>, StoreError> {
        Ok(self.key_value.keys(prefix).await?.iter().filter_map(|key| K::parse(key)).collect())
    }
}

fn unreadable(key: &str, error: &RecordError) -> StoreError {
    StoreError(format!("a record of kind {} cannot be read: {error}", kind(key)))
}

/// Returns the kind of a key, the only part that a log may contain.
fn kind(key: &str) -> &'static str {
    AnyKey::parse(key).map_or("unknown", |key| key.kind().form())
}

#[cfg(test)]
mod tests {
    use super::Stored;
    use crate::ports::StoreError;
    use crate::testing::in_memory::InMemoryPorts;
    use domain::records::{
        AnyKey, FailureKey, LastTickKey, LiveDone, LiveDoneKey, Moment, PendingSignIn, ProgramKey, Record,
        RegistrationKey, SignInKey, SignInState,
    };
    use domain::time::Timestamp;
    use domain::{Email, Error};

    async fn stored(key: &str, value: &str) -> InMemoryPorts {
        let memory = InMemoryPorts::default();
        memory.ports().key_value.set(key, value.as_bytes().to_vec()).await.unwrap();
        memory
    }

    #[tokio::test]
    async fn a_record_of_a_newer_version_is_an_internal_error_that_names_kind_and_versions_only() {
        let memory = stored("program:1015", r#"{"v":9,"program_name":"Secret"}"#).await;
        let error = memory.ports().store().get(&ProgramKey { id: 1015.into() }).await.unwrap_err();
        let error = Error::from(error);
        assert!(matches!(error, Error::Internal(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "internal: key-value store: a record of kind program:{id} cannot be read: it has version 9, and this build \
             reads versions up to 1; a newer build wrote it"
        );
    }

    #[tokio::test]
    async fn an_unreadable_record_is_an_error_and_a_loop_skips_it() {
        let memory = stored("failure:7:8", r#"{"v":1,"program":"secret"}"#).await;
        let (ports, key) = (memory.ports(), FailureKey { program: 7.into(), lead: 8.into() });
        let StoreError(error) = ports.store().get(&key).await.unwrap_err();
        assert!(error.starts_with("a record of kind failure:{program}:{lead} cannot be read: "), "{error}");
        assert!(!error.contains("secret"), "{error}");
        assert_eq!(ports.store().get_readable(&key).await, Ok(None));
    }

    fn pending() -> (SignInKey, PendingSignIn) {
        let record = PendingSignIn {
            v: PendingSignIn::VERSION,
            service: "Acme".to_owned(),
            verifier: "the verifier".into(),
            browser: "hash".to_owned(),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        (SignInKey { state: SignInState::parse(&"A".repeat(43)).unwrap() }, record)
    }

    #[tokio::test]
    async fn what_opens_a_door_is_sealed_bound_to_its_key_and_differently_each_time() {
        let memory = InMemoryPorts::default();
        let (ports, (key, record)) = (memory.ports(), pending());
        ports.store().put(&key, &record).await.unwrap();
        let sealed = memory.sealed_dump()[&key.to_string()].clone();
        assert!(!String::from_utf8_lossy(&sealed).contains("verifier"));
        assert!(memory.dump()[&key.to_string()].starts_with(br#"{"v":1,"service":"Acme","verifier":"the verifier""#));
        assert_eq!(ports.store().get(&key).await.unwrap().unwrap().verifier, record.verifier);
        ports.store().put(&key, &record).await.unwrap();
        assert_ne!(memory.sealed_dump()[&key.to_string()], sealed);

        // Under the key of another sign-in it is worth nothing.
        let other = SignInKey { state: SignInState::parse(&"B".repeat(43)).unwrap() };
        ports.key_value.set(&other.to_string(), sealed).await.unwrap();
        assert!(matches!(ports.store().inspect(&other).await, Ok(Stored::Unreadable)));
        let StoreError(error) = ports.store().get(&other).await.unwrap_err();
        assert!(error.ends_with("it cannot be decrypted with the keys that are set"), "{error}");
    }

    #[tokio::test]
    async fn a_record_that_a_build_before_sealing_wrote_is_read() {
        let (key, _) = pending();
        let plain = r#"{"v":1,"service":"Acme","verifier":"v","browser":"h","expires_at":"1970-01-01T00:00:00Z"}"#;
        let memory = stored(&key.to_string(), plain).await;
        assert_eq!(memory.ports().store().get(&key).await.unwrap().unwrap().service, "Acme");
    }

    #[tokio::test]
    async fn keys_of_the_ledger_have_codes_that_nobody_else_can_compute() {
        let memory = InMemoryPorts::default();
        let (ports, email) = (memory.ports(), Email::parse("ada@x.test").unwrap());
        let key = RegistrationKey { webinar: 7.into(), email: email.hash() };
        ports.key_value.set(&memory.stored_key(&key), b"{}".to_vec()).await.unwrap();
        assert!(!memory.stored_key(&key).contains(&email.hash().to_string()));
        assert!(ports.store().exists(&key).await.unwrap());
        // A listing has the code, which finds the same record.
        let listed = ports.store().list::<RegistrationKey>().await.unwrap();
        assert!(listed[0].email.is_coded() && ports.store().exists(&listed[0]).await.unwrap());
        ports.store().delete(&key).await.unwrap();
        assert!(memory.dump().is_empty());
    }

    #[tokio::test]
    async fn records_that_identify_nobody_are_plain() {
        let memory = InMemoryPorts::default();
        memory.ports().store().put(&LastTickKey {}, &Moment::new(Timestamp::UNIX_EPOCH)).await.unwrap();
        assert!(memory.sealed_dump()["last:tick"].starts_with(b"{"));
    }

    #[tokio::test]
    async fn a_sealed_record_of_the_maximum_size_fits_into_a_value() {
        let memory = InMemoryPorts::default();
        let key = LiveDoneKey { webinar: 7.into(), page: 0 };
        // Each takes two bytes.
        let mut done = LiveDone { v: LiveDone::VERSION, at: Timestamp::UNIX_EPOCH, people: vec![0; 31_900] };
        while memory.ports().store().put(&key, &done).await.is_ok() {
            done.people.push(0);
        }
        let size = memory.sealed_dump()[&key.to_string()].len();
        assert!((63_990..=64_000).contains(&size), "{size}");
    }

    #[tokio::test]
    async fn a_listing_has_the_keys_of_one_kind_or_of_all() {
        let memory = stored("failure:7:8", "{}").await;
        let (ports, at) = (memory.ports(), Timestamp::UNIX_EPOCH);
        ports.store().put(&LastTickKey {}, &Moment::new(at)).await.unwrap();
        ports.key_value.set("failure:odd", Vec::new()).await.unwrap();
        assert_eq!(ports.store().get(&LastTickKey {}).await.unwrap(), Some(Moment::new(at)));
        let failure = FailureKey { program: 7.into(), lead: 8.into() };
        assert_eq!(ports.store().list::<FailureKey>().await.unwrap(), std::slice::from_ref(&failure));
        let all = ports.store().list::<AnyKey>().await.unwrap();
        assert_eq!(all, [AnyKey::Failure(failure), AnyKey::LastTick(LastTickKey {})]);
        ports.store().delete(&all[0]).await.unwrap();
        assert_eq!(ports.store().list::<FailureKey>().await.unwrap(), []);
    }
}
