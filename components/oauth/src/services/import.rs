//! Restores services from a backup, which has no tokens.

use crate::state::AppState;
use crate::store::services;
use domain::records::{Service, ServiceKey, ServiceState, read};
use domain::{Error, ErrorCode};
use platform::internal_api::{ImportReport, ImportServicesRequest};

/// Restores the services that are missing. One that could be used needs a sign-in under its name, which keeps its id.
pub(crate) async fn import(app: &AppState, request: &ImportServicesRequest) -> Result<ImportReport, Error> {
    let mut report = ImportReport::default();
    let _index_guard = app.lock_service_index().await;
    for value in &request.services {
        let Ok(mut service) = read::<Service>(value.to_string().as_bytes()) else {
            report.unreadable += 1;
            continue;
        };
        let _guard = app.lock_service(&service.id).await;
        if app.store().exists(&ServiceKey { id: service.id.clone() }).await? {
            report.kept += 1;
            continue;
        }
        let is_live = matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn);
        if is_live {
            service.state = ServiceState::NeedsSignIn;
            service.problem = Some(ErrorCode::ServiceNeedsSignIn.into());
            (service.problem_program, service.rejection) = (None, None);
        }
        services::save(app, &service).await?;
        // An account that was signed in since has another live service; this one is superseded then (R1).
        if is_live && !services::has_live(app, &service).await? {
            services::set_live(app, &service).await?;
        }
        report.imported += 1;
    }
    Ok(report)
}
