//! Activities: changes of program statuses, in the order in which Marketo logged them (R23).

use crate::BATCH;
use crate::call::log_unreadable;
use crate::client::MarketoClient;
use crate::error::MarketoError;
use domain::lenient::{FromObject, Object, RowSink, Rows, Unreadable};
use domain::time::Timestamp;
use domain::{LeadId, ProgramId};
use platform::RequestTarget;
use serde_json::Value;

/// The activity type "Change Status in Progression".
const STATUS_CHANGE: &str = "104";

/// The attribute that has the status after the change.
const NEW_STATUS: &str = "New Status";

/// Maximum number of programs that a query names, so that it fits into the 8 kB that Marketo accepts as a URI. With more
/// programs the query names none, and callers drop the changes of others.
const MAX_ASSETS: usize = 300;

/// A change of a lead's status in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The lead.
    pub lead: LeadId,
    /// The program.
    pub program: ProgramId,
    /// The status after the change, as the channel spells it. `Not in Program` after a removal. `None` if it cannot be read.
    pub status: Option<String>,
}

impl FromObject for StatusChange {
    fn from_object(activity: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            lead: activity.required("leadId", Object::number_id)?,
            program: activity.required("primaryAttributeValueId", Object::number_id)?,
            status: new_status(activity.items("attributes")),
        })
    }
}

/// Returns the value of the attribute `New Status`, which is named by `name` or by `apiName` in any spelling.
fn new_status(attributes: &[Value]) -> Option<String> {
    let wanted = comparable(NEW_STATUS);
    attributes.iter().map(Object::of).find_map(|attribute| {
        let names = ["name", "apiName"].map(|name| attribute.text(name));
        let is_wanted = names.iter().flatten().any(|name| comparable(name) == wanted);
        is_wanted.then(|| attribute.text("value")).flatten()
    })
}

fn comparable(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// One page of status changes.
#[derive(Debug, Clone)]
pub struct StatusChangePage {
    /// The changes, oldest first. A page may have fewer than its size although more follow.
    pub changes: Vec<StatusChange>,
    /// Number of activities that could not be read (R22).
    pub unreadable: usize,
    /// Paging token of what comes after this page, now or later; `None` if Marketo sent none that can be read.
    pub next_page_token: Option<String>,
    /// Whether more changes can be read at once.
    pub has_more: bool,
}

impl MarketoClient {
    /// Returns the paging token of the activities since a time.
    ///
    /// # Errors
    /// Also if the answer has no token.
    pub async fn activities_since(&self, since: Timestamp) -> Result<String, MarketoError> {
        let target = RequestTarget::path(&["rest", "v1", "activities", "pagingtoken.json"])
            .query("sinceDatetime", &since.to_string());
        self.get(&target).await?.cursor.ok_or_else(|| Unreadable("nextPageToken").into())
    }

    /// Returns one page of the status changes of programs after a paging token; of all programs if none is named.
    ///
    /// # Errors
    /// [`MarketoError::Api`] if Marketo does not accept the token (any more), or an id.
    pub async fn status_changes(
        &self,
        programs: &[ProgramId],
        page_token: &str,
    ) -> Result<StatusChangePage, MarketoError> {
        let mut target = RequestTarget::path(&["rest", "v1", "activities.json"])
            .query("activityTypeIds", STATUS_CHANGE)
            .query("batchSize", &BATCH.to_string())
            .query("nextPageToken", page_token);
        if (1..=MAX_ASSETS).contains(&programs.len()) {
            let ids: Vec<_> = programs.iter().map(ProgramId::to_string).collect();
            target = target.query("assetIds", &ids.join(","));
        }
        let envelope = self.get(&target).await?;
        let next_page_token = envelope.cursor.clone();
        // A token that repeats leads nowhere now, but later.
        let has_more = envelope.next_page_token.as_deref().is_some_and(|next| next != page_token);
        let mut rows = Rows::default();
        for item in &envelope.result {
            // Without the filter by type, or if Marketo ignores it, others come too.
            let kind = Object::of(item).text("activityTypeId");
            if kind.is_none_or(|kind| kind == STATUS_CHANGE) {
                rows.add(item);
            }
        }
        log_unreadable("activities", rows.unreadable);
        let Rows { rows: changes, unreadable } = rows;
        Ok(StatusChangePage { changes, unreadable, next_page_token, has_more })
    }
}
