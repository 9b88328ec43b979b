//! Carries out what rules say of kept instances: one task looks when time or use may have changed what is wanted.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;

use super::error::FcError;
use super::model::{Load, MINUTE_MS, Policies, SettingKind};
use super::service::Shared;
use super::table::{self, setting::Setting};
use crate::agenda::Agenda;
use crate::store::StoreError;

/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait without looking.
const LONGEST: Duration = Duration::from_hours(1);
/// The settings that say how many instances are kept.
pub(super) const KINDS: [SettingKind; 2] = [SettingKind::Provision, SettingKind::Scaling];

/// A function and a qualifier.
type Place = (String, String);

/// What was measured at the last full minute, in minutes since 1970; forgotten when the cloud stops.
#[derive(Default)]
pub(crate) struct Loads(Mutex<HashMap<Place, (i64, Load)>>);

impl Loads {
    /// What was measured last; no load at all when nothing was.
    fn of(&self, place: &Place) -> (i64, Load) {
        let loads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loads.get(place).copied().unwrap_or_default()
    }

    fn set(&self, place: Place, minute: i64, load: Load) {
        let mut loads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loads.insert(place, (minute, load));
    }
}

/// The settings of a qualifier by their kinds.
pub(super) type Documents = [Option<Json>; KINDS.len()];

impl Shared {
    /// How many instances a setting wants now.
    pub(super) fn wanted(&self, kind: SettingKind, document: &Json, place: &Place) -> u32 {
        let (_, load) = self.loads.of(place);
        kind.policies(document).wanted(self.now_ms(), &load)
    }

    /// How many instances the settings of a qualifier want now together: the larger number.
    pub(super) fn wanted_of_all(&self, documents: &Documents, place: &Place) -> u32 {
        let of_kinds = KINDS.iter().zip(documents).filter_map(|(kind, document)| {
            let document = document.as_ref()?;
            Some(self.wanted(*kind, document, place))
        });
        of_kinds.max().unwrap_or_default()
    }

    /// The settings of a qualifier.
    pub(super) async fn kept(&self, place: &Place) -> Result<Documents, FcError> {
        let (function, qualifier) = place.clone();
        let found = self.store.read(move |db| {
            let mut documents = Documents::default();
            for (kind, document) in KINDS.iter().zip(&mut documents) {
                *document = table::setting::find(db, kind.path(), &function, &qualifier)?;
            }
            Ok::<_, FcError>(documents)
        });
        found.await
    }

    /// Looks how busy a qualifier is, once in each minute.
    async fn measure(&self, place: &Place, now: i64) {
        let minute = now.div_euclid(MINUTE_MS);
        if self.loads.of(place).0 == minute {
            return;
        }
        let (function, qualifier) = place;
        let (documents, target) = (
            self.kept(place).await,
            self.resolver.main(function, qualifier).await,
        );
        let (Ok(documents), Ok(target)) = (documents, target) else {
            return;
        };
        let all = self.run.instances(function).into_iter();
        let own = all.filter(|instance| instance.qualifier == *qualifier);
        let load = Load {
            kept: self.wanted_of_all(&documents, place),
            busy: own.map(|instance| instance.busy).sum(),
            concurrency: target.spec.concurrency,
        };
        self.loads.set(place.clone(), minute, load);
    }

    /// The settings that have rules, and what these say.
    async fn ruled(&self) -> Result<Vec<(Place, Policies)>, StoreError> {
        let read = self.store.read(|db| {
            let mut all = Vec::new();
            for kind in KINDS {
                let settings = table::setting::all(db, kind.path())?.into_iter();
                all.extend(settings.map(|setting| (kind, setting)));
            }
            Ok::<_, StoreError>(all)
        });
        let said = |(kind, setting): (SettingKind, Setting)| {
            let policies = kind.policies(&setting.document);
            ((setting.function, setting.qualifier), policies)
        };
        let all = read.await?.into_iter().map(said);
        Ok(all.filter(|(_, policies)| !policies.is_fixed()).collect())
    }

    /// Whether instances that are wanted now are about to come.
    async fn is_starting(&self, place: &Place) -> bool {
        let (function, qualifier) = place;
        let Ok(documents) = self.kept(place).await else {
            return false;
        };
        let all = self.run.instances(function).into_iter();
        let own = all.filter(|instance| instance.qualifier == *qualifier);
        let wanted = usize::try_from(self.wanted_of_all(&documents, place)).unwrap_or(usize::MAX);
        own.count() < wanted && self.run.lack(function, qualifier).is_none()
    }

    /// Brings into force what all rules want now; when to look again.
    async fn carry_out(&self) -> Result<Option<i64>, StoreError> {
        let (settings, now) = (self.ruled().await?, self.now_ms());
        let (mut next, mut places) = (None, BTreeSet::new());
        for (place, policies) in settings {
            if policies.tracks(now) {
                self.measure(&place, now).await;
            }
            next = next.into_iter().chain(policies.next(now)).min();
            places.insert(place);
        }
        for (function, qualifier) in places {
            self.enforce_kept(&function, &qualifier).await;
        }
        self.rules.did(now);
        Ok(next)
    }
}

/// When rules come due, begin or end next. The looks at use, once a minute, are left out: what moves the clock would stop
/// at each of them as long as such a rule is in effect.
pub(super) async fn agenda(shared: &Shared) -> Result<Agenda, StoreError> {
    // Before the settings are read: what was done after it counts as not done, never the other way round.
    let (done, now) = (shared.rules.done(), shared.now_ms());
    let mut agenda = Agenda::default();
    for (place, policies) in shared.ruled().await? {
        let is_starting = shared.is_starting(&place).await;
        agenda = agenda.with(now, policies.next_turn(done)).busy(is_starting);
    }
    Ok(agenda)
}

/// Carries out rules until the room is closed.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut moved = shared.clock.moved();
    loop {
        let wait = match shared.carry_out().await {
            Ok(next) => {
                let left = next.map(|next| u64::try_from(next - shared.now_ms()).unwrap_or(0));
                left.map_or(LONGEST, Duration::from_millis).min(LONGEST)
            }
            Err(_) => PAUSE,
        };
        tokio::select! {
            () = shared.rules.closed() => return,
            () = shared.rules.changed() => {}
            _ = moved.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
