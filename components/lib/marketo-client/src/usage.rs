//! The use of the subscription's daily quota.

use crate::client::MarketoClient;
use crate::error::MarketoError;
use domain::lenient::Object;
use platform::RequestTarget;

impl MarketoClient {
    /// Returns the number of calls of the whole subscription today, those of other integrations too; `None` if it cannot
    /// be read (R22).
    ///
    /// # Errors
    /// [`MarketoError::Api`] if Marketo does not answer the question.
    pub async fn calls_today(&self) -> Result<Option<u64>, MarketoError> {
        let target = RequestTarget::path(&["rest", "v1", "stats", "usage.json"]);
        let envelope = self.get(&target).await?;
        let total = envelope.result.first().and_then(|day| Object::of(day).number("total"));
        Ok(total.and_then(|total: i64| u64::try_from(total).ok()))
    }
}
