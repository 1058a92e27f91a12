//! Tests of the router over in-memory ports, against the fake Zoom and the fake Marketo. The name of a test
//! that proves a rule of docs/RULES.md begins with the rule's number; that of a test that proves an error code contains
//! the code.

mod api_bodies;
mod background_faults;
mod cancelling;
mod claims;
mod copy_pauses;
mod copy_zoom_registrations;
mod end_chunk;
mod error_codes;
mod failures;
mod fault_matrix;
mod fixture;
mod flow_step;
mod following;
mod forget_account;
mod forget_person;
mod lead_fields;
mod long_outage;
mod marketo_limits;
mod marketo_quota;
mod membership_calls;
mod merged_leads;
mod no_listing;
mod outages;
mod peers;
mod quarantine;
mod reapproval;
mod repeated_work;
mod seizures;
mod slots;
mod status;
mod status_changes;
mod statuses;
mod unusable_services;
mod walk;
mod webhook;
