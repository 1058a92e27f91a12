//! Reads the standing of a few people: each registrant by id, else the lists.

use super::lookup::RegistrantLookup;
use super::standing::Standing;
use domain::{Email, RegistrantId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use zoom_client::{ZoomClient, ZoomError};

/// Maximum number of registrants that are read one by one. The lists cost less for more: a page has 300.
const MAX_SINGLE_READS: usize = 30;

/// Maximum number of registrants that are read at once.
const MAX_CONCURRENT: usize = 8;

/// A person to ask Zoom about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The address.
    pub email: Email,
    /// The registrants that may be the person's: of the ledger, of an event.
    pub registrants: Vec<RegistrantId>,
}

/// Returns the standing of each person at a webinar, in the same order; `None` if it cannot be known, because a row of
/// Zoom's lists cannot be read (R22).
///
/// # Errors
/// Zoom failed, or does not have the webinar: then nobody is gone.
pub async fn read_standings(
    zoom: &ZoomClient,
    webinar: WebinarId,
    people: &[Asked],
) -> Result<Vec<Option<Standing>>, ZoomError> {
    let mut standings: Vec<Option<Standing>> = vec![None; people.len()];
    if people.len() <= MAX_SINGLE_READS {
        let reads = people.iter().map(|asked| read_by_id(zoom, webinar, asked).boxed());
        for (standing, read) in standings.iter_mut().zip(run_bounded(MAX_CONCURRENT, reads.collect()).await) {
            *standing = read?;
        }
    }
    if standings.iter().all(Option::is_some) {
        return Ok(standings);
    }
    // Who is not found by id may have registered again under another one, and a webinar that is gone has no registrant
    // either. The lists tell both.
    let lookup = RegistrantLookup::read_all(zoom, webinar, false).await?;
    let gone = (lookup.unreadable == 0).then_some(Standing::Gone);
    let found = standings.into_iter().zip(people).map(|(standing, asked)| {
        let listed = || lookup.find(&asked.email.hash()).cloned();
        standing.or_else(listed).or_else(|| gone.clone())
    });
    Ok(found.collect())
}

/// Returns the standing of a person; `None` if no registrant with these ids says it.
async fn read_by_id(zoom: &ZoomClient, webinar: WebinarId, asked: &Asked) -> Result<Option<Standing>, ZoomError> {
    let mut denied = None;
    for id in &asked.registrants {
        let registrant = match zoom.registrant(webinar, id).await {
            Ok(Some(registrant)) => registrant,
            Ok(None) => continue,
            Err(ZoomError::Api(error)) if error.is_missing_scope() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_person = registrant.email.as_deref().and_then(Email::parse).is_none_or(|email| email == asked.email);
        let standing = registrant.status.and_then(|status| {
            Standing::of(&zoom_client::registrants::Registrant { id: Some(id.to_string()), ..registrant }, status)
        });
        match standing.filter(|_| is_person) {
            Some(standing @ Standing::Denied { .. }) => denied = Some(standing),
            Some(standing) => return Ok(Some(standing)),
            None => {}
        }
    }
    // A denied address cannot have another registrant.
    Ok(denied)
}
