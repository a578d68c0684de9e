//! Asks the engine, with everything dry.

use hosts_access::report::problem::Diagnostic;
use hosts_access::request::Request;
use hosts_access::request::facts::Fact;
use hosts_access::search::access::{Decision, Tables, Verdict, hosts_access};
use hosts_access::text::escape::TableText;
use hosts_access::world::{Log, World};
use system::netgroup::SystemNetgroups;
use system::resolver::SystemResolver;
use tools::daemons::looks_no_name_up;
use tools::disk::Disk;
use tools::dry::{DryEffects, NoIdent};
use tools::output::Output;
use tools::tree_accounts::TreeAccounts;

/// The tables, and the files and accounts that rules refer to.
pub(crate) struct Predictor {
    /// The tables.
    pub tables: Tables,
    /// The files.
    pub disk: Disk,
    accounts: TreeAccounts,
}

impl Predictor {
    /// Judges by these tables.
    pub(crate) fn new(tables: Tables, disk: Disk) -> Self {
        Self {
            accounts: TreeAccounts::new(&disk),
            tables,
            disk,
        }
    }

    /// What tcpd would do. Banners are shown on `output`, if there is one. Commands are not run: those of
    /// aclexec are taken to succeed, unless they plainly cannot be run.
    pub(crate) fn decide(
        &self,
        request: &mut Request,
        log: &dyn Log,
        output: Option<&Output>,
    ) -> Prediction {
        let mut again = request.clone();
        let mut effects = DryEffects {
            output,
            disk: Some(&self.disk),
            ..DryEffects::default()
        };
        let decision = self.run(request, log, &mut effects);
        let otherwise = effects.guessed.then(|| {
            let mut effects = DryEffects {
                disk: Some(&self.disk),
                refuses: true,
                ..DryEffects::default()
            };
            self.run(&mut again, &Silent, &mut effects).verdict
        });
        Prediction {
            otherwise: otherwise.filter(|verdict| *verdict != decision.verdict),
            decision,
        }
    }

    fn run(&self, request: &mut Request, log: &dyn Log, effects: &mut DryEffects<'_>) -> Decision {
        let budget = std::rc::Rc::default();
        let lookups = (SystemResolver::new(std::rc::Rc::clone(&budget)), NoIdent);
        let netgroups = SystemNetgroups::new(budget);
        let world = World {
            files: &self.disk,
            lookups: &lookups,
            netgroups: &netgroups,
            accounts: &self.accounts,
            log,
        };
        hosts_access(&self.tables, request, &world, effects)
    }
}

impl Predictor {
    /// For a daemon that looks no names up, whatever this machine can find out: what it would say instead, if that
    /// is something else.
    pub(crate) fn without_name(&self, request: &Request) -> Option<String> {
        if !looks_no_name_up(&request.daemon) || request.client.name.known().is_none() {
            return None;
        }
        let mut nameless = request.clone();
        nameless.client = nameless.client.with_name(Fact::Unknown);
        let with = self
            .decide(&mut request.clone(), &Silent, None)
            .decision
            .verdict;
        let without = self.decide(&mut nameless, &Silent, None).decision.verdict;
        let (with, without) = (verdict_word(&with), verdict_word(&without));
        (with != without).then(|| {
            format!(
                "{}: looks no names up, so that its clients have none: {without}, and not {with}",
                TableText(&request.daemon)
            )
        })
    }
}

/// What tcpd would do.
pub(crate) struct Prediction {
    /// The answer.
    pub decision: Decision,
    /// The verdict if the commands of aclexec say no, where that makes a difference.
    pub otherwise: Option<Verdict>,
}

impl Prediction {
    /// Why a client is denied though no rule decided: the messages about what was in error.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        let undecided = self.decision.matched.is_none();
        let errors = self.decision.in_error.iter();
        errors.filter(move |_| undecided)
    }
}

/// Nobody listens.
struct Silent;

impl Log for Silent {
    fn diagnostic(&self, _: &Diagnostic) {}
}

/// The verdict in one word.
pub(crate) fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Granted => "granted",
        Verdict::Denied => "denied",
        Verdict::Twist(_) => "delegated",
    }
}
