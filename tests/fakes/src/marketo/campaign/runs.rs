//! The runs of smart campaigns, and the installed flow step service.

use std::collections::BTreeMap;

use crate::marketo::campaign::definition::FlowStep;
use crate::marketo::campaign::installed_service::InstalledService;
use crate::marketo::campaign::report::{Chunk, Run, RunId};

/// The runs of smart campaigns, and the flow step service that they call.
#[derive(Debug, Default)]
pub(crate) struct CampaignRuns {
    pub(crate) runs: BTreeMap<RunId, Run>,
    pub(crate) service: InstalledService,
    /// How campaigns call the installed service; none before an installation.
    pub(crate) installed: Option<FlowStep>,
    started: u64,
}

impl CampaignRuns {
    pub(super) fn next_run_id(&mut self) -> RunId {
        self.started += 1;
        RunId(format!("run-{:04}", self.started))
    }

    pub(super) fn chunk_mut(&mut self, run: &RunId, number: usize) -> Option<&mut Chunk> {
        self.runs.get_mut(run)?.chunks.get_mut(number)
    }
}
