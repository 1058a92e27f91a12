//! Records of other components, which this one reads.

use super::{HOST, PROGRAM, TestEnv, WEBINAR};
use domain::records::{
    AddCalls, Attendance, AttendanceKey, Lease, ProgramConnection, ProgramKey, Record, Registration, RegistrationKey,
    RegistrationOutcome, Service, ServiceKey, ServiceState, WorkerKey,
};
use domain::status::{Channel, ProgressionStatus};
use domain::time::{SignedDuration, Timestamp, UtcDay};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, ErrorCode, Problem, ProgramId};

impl TestEnv {
    /// Connects a program to a webinar as it is planned in Zoom, as `catalog` does.
    pub(crate) async fn connect(&self, program: u64, webinar: u64) {
        let statuses = super::marketo::STATUSES.map(|(name, step)| ProgressionStatus { name: name.into(), step });
        let now = self.now();
        let planned = self.zoom.webinar(webinar).unwrap();
        let connection = ProgramConnection {
            v: ProgramConnection::VERSION,
            program: program.into(),
            program_name: "Program".into(),
            service: "s1".into(),
            account_id: Some("acc".into()),
            snapshot: Snapshot {
                id: webinar.into(),
                topic: "Topic".into(),
                description: String::new(),
                start_time: planned.start_time.unwrap(),
                duration: planned.duration,
                timezone: "UTC".into(),
                host_email: Email::parse(HOST),
                registration: match planned.approval_type {
                    2 => RegistrationMode::None,
                    _ => RegistrationMode::Automatic,
                },
                join_url: None,
            },
            channel: Channel { name: "Webinar".into(), statuses: statuses.into() },
            channel_read_at: None,
            statuses: Default::default(),
            connected_at: now,
            refreshed_at: now,
            problem: None,
            previous_starts: Vec::new(),
            my_tokens_stale: false,
            member_fields: Default::default(),
            // No Show is set in the first run, if nothing else delays it.
            no_show_after_minutes: 0,
            automatic: true,
            copy_zoom_registrations: false,
            live: false,
            lead_partition: None,
        };
        let ports = self.ports();
        ports.connections().add(&connection).await.unwrap();
    }

    pub(crate) async fn change_connection(&self, change: impl FnOnce(&mut ProgramConnection)) {
        self.change_connection_of(PROGRAM, change).await;
    }

    pub(crate) async fn change_connection_of(&self, program: u64, change: impl FnOnce(&mut ProgramConnection)) {
        let (ports, key) = (self.ports(), ProgramKey { id: program.into() });
        let mut connection = ports.store().get(&key).await.unwrap().unwrap();
        change(&mut connection);
        ports.store().put(&key, &connection).await.unwrap();
    }

    /// Switches a program's setting `live` on or off, as `catalog` does.
    pub(crate) async fn set_live(&self, program: u64, live: bool) {
        let ports = self.ports();
        let changed = ports.connections().change_settings(program.into(), |connection| connection.live = live).await;
        assert!(changed.unwrap().is_some());
        self.memory.kill_background();
    }

    /// Registers people, as `registration` does for leads of the program.
    pub(crate) async fn push(&self, names: &[&str]) {
        self.register(names).await;
        for name in names {
            let lead = self.member(name, "Registered", name);
            let registrant = self.registrant_id(name).unwrap();
            self.add_ledger_entry_of(&super::address(name), PROGRAM, lead, &registrant).await;
        }
    }

    /// Moves the webinar in Zoom and in the connection, as `catalog` does after Zoom's event.
    pub(crate) async fn move_to(&self, start: Timestamp) {
        self.plan(start, 60);
        let now = self.now();
        self.change_connection(|connection| {
            let snapshot = Snapshot { start_time: start, ..connection.snapshot.clone() };
            connection.update_snapshot(snapshot, now);
        })
        .await;
    }

    /// Sets the connection's delay of No Show.
    pub(crate) async fn set_no_show_after(&self, minutes: u32) {
        self.change_connection(|connection| connection.no_show_after_minutes = minutes).await;
    }

    /// Adds the ledger entry of a program that registered an address, as `registration` does.
    pub(crate) async fn add_ledger_entry(&self, email: &str, program: u64, lead: u64) {
        self.add_ledger_entry_of(email, program, lead, "r").await;
    }

    /// Adds the same with a registrant id.
    pub(crate) async fn add_ledger_entry_of(&self, email: &str, program: u64, lead: u64, registrant: &str) {
        let now = self.now();
        let key = RegistrationKey { webinar: WEBINAR.into(), email: Email::parse(email).unwrap().hash() };
        let outcome = RegistrationOutcome::Pending { registrant: registrant.into() };
        let adds = AddCalls { day: UtcDay::of(now), count: 1 };
        let (program, lead) = (program.into(), lead.into());
        let entry = Registration {
            v: Registration::VERSION,
            program,
            lead,
            at: now,
            outcome,
            adds,
            others_stale: false,
            copy_pending: false,
            source: None,
        };
        self.ports().store().put(&key, &entry).await.unwrap();
    }

    /// Writes the service, as `oauth` does. A problem is about the program.
    pub(crate) async fn set_service(&self, state: ServiceState, problem: Option<ErrorCode>) {
        let service = Service {
            v: Service::VERSION,
            id: "s1".into(),
            name: "Main".into(),
            account_id: "acc".into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse(HOST).unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: Vec::new(),
            state,
            created_at: self.now(),
            problem_program: problem.map(|_| PROGRAM.into()),
            rejection: None,
            problem: problem.map(Problem::of),
        };
        self.ports().store().put(&ServiceKey { id: "s1".into() }, &service).await.unwrap();
    }

    /// Writes a lease of another worker that expires after some seconds.
    pub(crate) async fn set_lease(&self, seconds: i64) {
        let lease = Lease { v: Lease::VERSION, by: 7, until: self.now() + SignedDuration::from_secs(seconds) };
        self.ports().store().put(&WorkerKey {}, &lease).await.unwrap();
    }

    /// Returns the program's attendance record.
    pub(crate) async fn record(&self) -> Option<Attendance> {
        self.ports().store().get(&AttendanceKey { program: ProgramId::from(PROGRAM) }).await.unwrap()
    }
}
