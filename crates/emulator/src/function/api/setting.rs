//! What is set of a function beside its configuration: put, shown, listed, deleted, and in force.

use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};

use super::{no_function, nothing, shown};
use crate::body::Reply;
use crate::function::call::Call;
use crate::function::choose::{choices, is_version};
use crate::function::error::{FcError, Outcome};
use crate::function::model::{LATEST, SettingKind};
use crate::function::scale::KINDS;
use crate::function::service::Shared;
use crate::function::table;
use crate::function::table::setting::Setting;

/// The qualifier under which a setting of the whole function is kept.
const WHOLE: &str = "";

fn qualifier(kind: SettingKind, call: &Call) -> String {
    match kind {
        SettingKind::Concurrency => WHOLE.to_owned(),
        _ => call.qualifier().to_owned(),
    }
}

/// That there is what is set: the function, and by most settings a version or an alias.
fn check(db: &Connection, kind: SettingKind, setting: &Setting) -> Outcome<()> {
    if kind.is_of_alias() && is_version(&setting.qualifier) {
        return Err(FcError::invalid(format!(
            "qualifier {:?} must be an alias or {LATEST}",
            setting.qualifier
        )));
    }
    if kind != SettingKind::Concurrency {
        return choices(db, &setting.function, &setting.qualifier).map(drop);
    }
    match table::function::find(db, &setting.function)? {
        Some(_) => Ok(()),
        None => Err(no_function(&setting.function)),
    }
}

pub(super) async fn put(
    shared: &Shared,
    call: &Call,
    (kind, function): (SettingKind, &str),
) -> Outcome<Reply> {
    let body: Map<String, Json> = call.json()?;
    let mut document = kind.checked(body)?;
    let now = crate::function::model::shown_time(shared.now_ms());
    if kind == SettingKind::Async {
        document["createdTime"] = now.clone().into();
        document["lastModifiedTime"] = now.into();
    }
    let setting = Setting {
        function: function.to_owned(),
        qualifier: qualifier(kind, call),
        document,
    };
    let saved = shared.store.write(move |db| {
        let mut setting = setting;
        check(db, kind, &setting)?;
        let before = table::setting::find(db, kind.path(), &setting.function, &setting.qualifier)?;
        if let Some(created) = before.as_ref().and_then(|before| before.get("createdTime")) {
            setting.document["createdTime"] = created.clone();
        }
        table::setting::save(db, kind.path(), &setting)?;
        Ok::<_, FcError>(setting)
    });
    let saved = saved.await?;
    shared
        .enforce(kind, &saved.function, &saved.qualifier)
        .await;
    Ok(show(shared, kind, &saved))
}

pub(super) async fn get(
    shared: &Shared,
    call: &Call,
    (kind, function): (SettingKind, &str),
) -> Outcome<Reply> {
    let (function, qualifier) = (function.to_owned(), qualifier(kind, call));
    let found = shared.store.read(move |db| {
        if table::function::find(db, &function)?.is_none() {
            return Err(no_function(&function));
        }
        let document = table::setting::find(db, kind.path(), &function, &qualifier)?;
        let document = document.ok_or_else(|| {
            let message = format!("function '{function}' has no {}", kind.path());
            FcError::missing(kind.missing(), message)
        })?;
        Ok(Setting {
            function,
            qualifier,
            document,
        })
    });
    Ok(show(shared, kind, &found.await?))
}

pub(super) async fn delete(
    shared: &Shared,
    call: &Call,
    (kind, function): (SettingKind, &str),
) -> Outcome<Reply> {
    let (own, qualifier) = (function.to_owned(), qualifier(kind, call));
    let of = qualifier.clone();
    let deleted = shared.store.write(move |db| {
        if table::function::find(db, &own)?.is_none() {
            return Err(no_function(&own));
        }
        table::setting::delete(db, kind.path(), &own, &of)?;
        Ok::<_, FcError>(())
    });
    deleted.await?;
    shared.enforce(kind, function, &qualifier).await;
    Ok(nothing())
}

pub(super) async fn list(shared: &Shared, call: &Call, kind: SettingKind) -> Outcome<Reply> {
    let page = call.page()?;
    let function = call.param("functionName");
    let all = shared
        .store
        .read(move |db| Ok::<_, FcError>(table::setting::all(db, kind.path())?));
    let all = all.await?.into_iter();
    let all = all.filter(|setting| function.is_none_or(|function| setting.function == function));
    let named: Vec<(String, Setting)> = all
        .map(|setting| {
            (
                format!("{}/{}", setting.function, setting.qualifier),
                setting,
            )
        })
        .collect();
    let (settings, next) = page.cut(named, |(name, _)| name);
    let settings: Vec<Json> = settings
        .iter()
        .map(|(_, setting)| document(shared, kind, setting))
        .collect();
    let mut reply = json!({ kind.list().1: settings });
    if let Some(next) = next {
        reply["nextToken"] = next.into();
    }
    Ok(shown(&reply))
}

fn document(shared: &Shared, kind: SettingKind, setting: &Setting) -> Json {
    let (function, qualifier) = (&setting.function, &setting.qualifier);
    let all = shared.run.instances(function).into_iter();
    let current = all
        .filter(|instance| instance.qualifier == *qualifier)
        .count();
    let current = u32::try_from(current).unwrap_or(u32::MAX);
    let place = (function.clone(), qualifier.clone());
    let target = shared.wanted(kind, &setting.document, &place);
    let counts = (target, current.min(target));
    let mut shown = kind.show(&setting.document, &shared.arn(function, qualifier), counts);
    if let (Some(error), Some(why)) = (
        shown.get_mut("currentError"),
        shared.run.lack(function, qualifier),
    ) {
        *error = why.into();
    }
    shown
}

fn show(shared: &Shared, kind: SettingKind, setting: &Setting) -> Reply {
    shown(&document(shared, kind, setting))
}

impl Shared {
    /// Brings a setting, or its absence, into force. A function that cannot run keeps its setting for when it can.
    pub(in crate::function) async fn enforce(
        &self,
        kind: SettingKind,
        function: &str,
        qualifier: &str,
    ) {
        match kind {
            SettingKind::Async => {}
            SettingKind::Provision | SettingKind::Scaling => {
                self.enforce_kept(function, qualifier).await;
                self.rules.change();
            }
            SettingKind::Concurrency => {
                let (own, of) = (function.to_owned(), qualifier.to_owned());
                let found = self.store.read(move |db| {
                    Ok::<_, FcError>(table::setting::find(db, kind.path(), &own, &of)?)
                });
                let Ok(found) = found.await else { return };
                let reserved = found.and_then(|document| document["reservedConcurrency"].as_u64());
                let reserved = reserved.and_then(|number| u32::try_from(number).ok());
                self.run.reserve(function, reserved);
            }
        }
    }

    /// Keeps as many instances as the settings of a qualifier want now: the larger number if there are both forms. By an alias
    /// they run what it mainly leads to.
    pub(in crate::function) async fn enforce_kept(&self, function: &str, qualifier: &str) {
        let place = (function.to_owned(), qualifier.to_owned());
        let Ok(documents) = self.kept(&place).await else {
            return;
        };
        let Ok(target) = self.resolver.main(function, qualifier).await else {
            return;
        };
        let mut all = documents.iter().flatten();
        let on_demand = all.find_map(|document| document["enableOnDemandScaling"].as_bool());
        let disabled = target.function.config.disable_ondemand == Some(true);
        let scale = runtime::Scale {
            min: self.wanted_of_all(&documents, &place),
            max: None,
            on_demand: on_demand.unwrap_or(!disabled),
        };
        self.run.keep(&target.spec, scale);
    }

    /// The same for every qualifier of a function, after it changed.
    pub(in crate::function) async fn enforce_all_kept(&self, function: &str) {
        let own = function.to_owned();
        let qualifiers = self.store.read(move |db| {
            let mut qualifiers = std::collections::BTreeSet::from([LATEST.to_owned()]);
            for kind in KINDS {
                let all = table::setting::all(db, kind.path())?.into_iter();
                let of_it = all.filter(|setting| setting.function == own);
                qualifiers.extend(of_it.map(|setting| setting.qualifier));
            }
            Ok::<_, FcError>(qualifiers)
        });
        for qualifier in qualifiers.await.unwrap_or_default() {
            self.enforce_kept(function, &qualifier).await;
        }
    }

    /// Brings all settings into force, at the start.
    pub(in crate::function) async fn enforce_all(&self) {
        for kind in SettingKind::ALL {
            let all = self
                .store
                .read(move |db| Ok::<_, FcError>(table::setting::all(db, kind.path())?));
            for setting in all.await.unwrap_or_default() {
                self.enforce(kind, &setting.function, &setting.qualifier)
                    .await;
            }
        }
    }
}
