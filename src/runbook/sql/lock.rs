//! Which locks a statement takes, on what, and who waits for it meanwhile. From the statement alone: what only the server
//! knows (what refers to a table, what a view stands on) is not in it. Never a guess that `tests/locks.rs` has not compared
//! with the locks of a real server.

use std::fmt;

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::kind::{holds, keyword};

/// The modes, from the weakest to the strongest: "Explicit Locking" in PostgreSQL's manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    const ALL: [Self; 7] = [
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    const fn blocks(self) -> &'static str {
        match self {
            Self::RowShare => "writers of the rows it takes wait",
            Self::RowExclusive => "writers of the same rows wait",
            Self::ShareUpdateExclusive => "reads and writes go on",
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => "writes wait, reads go on",
            Self::AccessExclusive => "reads and writes wait",
        }
    }
}

/// Every lock of a statement: a mode and what is locked.
#[derive(Default)]
pub(super) struct Locks(Vec<(Mode, String)>);

impl Locks {
    pub(super) fn of(node: &SyntaxNode) -> Self {
        let mut locks = Self::default();
        locks.take(node);
        locks
    }

    fn add(&mut self, mode: Mode, what: impl Into<String>) {
        let what = what.into();
        match self.0.iter_mut().find(|(_, locked)| *locked == what) {
            Some((known, _)) => *known = mode.max(*known),
            None => self.0.push((mode, what)),
        }
    }

    fn add_each(&mut self, mode: Mode, names: Vec<String>) {
        for name in names {
            self.add(mode, name);
        }
    }

    fn take(&mut self, node: &SyntaxNode) {
        use Mode::{AccessExclusive, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive};
        use SyntaxKind as K;
        // Asked only where it matters: most statements are reads, and each look goes through all of one.
        let online = || is_online(node);
        let named = || names(node);
        match node.kind() {
            K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE | K::INSERT | K::UPDATE | K::DELETE | K::MERGE => {
                self.take_of_rows(node);
            }
            K::COPY if holds(node, K::COPY_FROM) || !holds(node, K::COPY_TO) && keyword(node, K::FROM_KW) => {
                self.add_each(RowExclusive, named());
            }
            K::ALTER_TABLE | K::ALTER_FOREIGN_TABLE => self.take_of_actions(node),
            K::CREATE_INDEX => self.add_each(if online() { ShareUpdateExclusive } else { Share }, named()),
            K::DROP_INDEX if online() => self.add(ShareUpdateExclusive, "the index and its table"),
            K::DROP_INDEX => self.add(AccessExclusive, "the index and its table"),
            K::REINDEX if online() => self.add(ShareUpdateExclusive, "the table"),
            K::REINDEX => {
                self.add(AccessExclusive, "the index");
                self.add(Share, "its table");
            }
            K::ALTER_INDEX => {
                let light = holds(node, K::INDEX_RENAME_TO) || holds(node, K::SET_OPTIONS) || holds(node, K::RESET_OPTIONS);
                self.add_each(if light { ShareUpdateExclusive } else { AccessExclusive }, first_name(node));
            }
            K::CREATE_TRIGGER => self.add_each(ShareRowExclusive, named()),
            K::DROP_TRIGGER
            | K::ALTER_TRIGGER
            | K::CREATE_RULE
            | K::DROP_RULE
            | K::ALTER_RULE
            | K::CREATE_POLICY
            | K::ALTER_POLICY
            | K::DROP_POLICY
            | K::ALTER_VIEW
            | K::ALTER_MATERIALIZED_VIEW => self.add_each(AccessExclusive, first_name(node)),
            K::CREATE_TABLE | K::CREATE_FOREIGN_TABLE => {
                self.add_each(ShareRowExclusive, referred_to(node));
                self.add_each(ShareUpdateExclusive, names_in(node, &[K::INHERITS]));
                self.add_each(AccessExclusive, names_in(node, &[K::PARTITION_OF]));
            }
            K::CREATE_VIEW if holds(node, K::OR_REPLACE) => self.add(AccessExclusive, "the view, if it is there"),
            K::ALTER_SEQUENCE => self.add_each(ShareRowExclusive, first_name(node)),
            K::DROP_TABLE | K::TRUNCATE | K::DROP_VIEW | K::DROP_MATERIALIZED_VIEW | K::DROP_SEQUENCE | K::DROP_FOREIGN_TABLE => {
                self.add_each(AccessExclusive, named());
            }
            K::DROP_SCHEMA | K::DROP_TYPE | K::DROP_DOMAIN | K::DROP_EXTENSION | K::DROP_OWNED => {
                self.add(AccessExclusive, "everything that is dropped");
            }
            K::CLUSTER => self.add_each(AccessExclusive, or_each_table(first_name(node))),
            K::VACUUM if is_full(node) => self.add_each(AccessExclusive, or_each_table(named())),
            K::VACUUM | K::ANALYZE => self.add_each(ShareUpdateExclusive, or_each_table(named())),
            K::REFRESH => self.add_each(if online() { Exclusive } else { AccessExclusive }, named()),
            K::LOCK => self.add_each(named_mode(node), named()),
            K::COMMENT_ON if [K::OBJECT_TABLE, K::OBJECT_VIEW, K::OBJECT_INDEX].iter().any(|kind| holds(node, *kind)) => {
                self.add_each(ShareUpdateExclusive, named());
            }
            K::COMMENT_ON if holds(node, K::OBJECT_COLUMN) => self.add(ShareUpdateExclusive, "the table"),
            K::CREATE_STATISTICS | K::CREATE_PUBLICATION => self.add_each(ShareUpdateExclusive, named()),
            _ => {}
        }
    }

    /// Reading and writing of rows, also inside a WITH.
    fn take_of_rows(&mut self, node: &SyntaxNode) {
        for part in node.descendants() {
            match part.kind() {
                SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE | SyntaxKind::MERGE => {
                    self.add_each(Mode::RowExclusive, first_name(&part));
                }
                SyntaxKind::LOCKING_CLAUSE => {
                    let from = part.parent().map(|select| names_in(&select, &[SyntaxKind::FROM_CLAUSE])).unwrap_or_default();
                    self.add_each(Mode::RowShare, from);
                }
                _ => {}
            }
        }
    }

    /// Each action of an ALTER TABLE for itself; the server takes the strongest from the beginning.
    fn take_of_actions(&mut self, node: &SyntaxNode) {
        use SyntaxKind as K;
        let table = first_name(node);
        for action in node.children().filter(|child| !matches!(child.kind(), K::TABLE_RELATION_NAME | K::IF_EXISTS)) {
            let mode = match action.kind() {
                K::ADD_CONSTRAINT if holds(&action, K::FOREIGN_KEY_CONSTRAINT) => Mode::ShareRowExclusive,
                K::DISABLE_TRIGGER | K::ENABLE_TRIGGER | K::ENABLE_ALWAYS_TRIGGER | K::ENABLE_REPLICA_TRIGGER => Mode::ShareRowExclusive,
                K::VALIDATE_CONSTRAINT | K::CLUSTER_ON | K::SET_WITHOUT_CLUSTER | K::ATTACH_PARTITION => Mode::ShareUpdateExclusive,
                K::ALTER_COLUMN if [K::SET_STATISTICS, K::SET_OPTIONS, K::RESET_OPTIONS].iter().any(|kind| holds(&action, *kind)) => {
                    Mode::ShareUpdateExclusive
                }
                K::SET_OPTIONS | K::RESET_OPTIONS if !action.text().to_string().contains("user_catalog_table") => {
                    Mode::ShareUpdateExclusive
                }
                K::DETACH_PARTITION if holds(&action, K::DETACH_CONCURRENTLY) || holds(&action, K::DETACH_FINALIZE) => {
                    Mode::ShareUpdateExclusive
                }
                _ => Mode::AccessExclusive,
            };
            self.add_each(mode, table.clone());
            self.add_each(Mode::ShareRowExclusive, referred_to(&action));
            if matches!(action.kind(), K::INHERIT | K::INHERIT_TABLE) {
                self.add_each(Mode::ShareUpdateExclusive, names(&action));
            }
            if action.kind() == K::ATTACH_PARTITION || action.kind() == K::DETACH_PARTITION && mode == Mode::AccessExclusive {
                self.add_each(Mode::AccessExclusive, names(&action));
            }
        }
    }
}

/// `SHARE ROW EXCLUSIVE on jobs, users: writes wait, reads go on`, the strongest mode first.
impl fmt::Display for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for mode in Mode::ALL.into_iter().rev() {
            let names: Vec<&str> = self.0.iter().filter(|(taken, _)| *taken == mode).map(|(_, what)| what.as_str()).collect();
            if !names.is_empty() {
                let between = if std::mem::take(&mut first) { "" } else { "; " };
                write!(f, "{between}{} on {}: {}", mode.name(), names.join(", "), mode.blocks())?;
            }
        }
        Ok(())
    }
}

/// Whether it is asked to let others go on.
pub(super) fn is_online(node: &SyntaxNode) -> bool {
    keyword(node, SyntaxKind::CONCURRENTLY_KW) || holds(node, SyntaxKind::REINDEX_OPTION_CONCURRENTLY)
}

/// Whether a VACUUM writes its table anew.
pub(super) fn is_full(vacuum: &SyntaxNode) -> bool {
    let is_full = |option: SyntaxNode| option.text().to_string().trim_matches('"').eq_ignore_ascii_case("full");
    keyword(vacuum, SyntaxKind::FULL_KW) || vacuum.descendants().filter(|node| node.kind() == SyntaxKind::VACUUM_OPTION_NAME).any(is_full)
}

/// The mode that a LOCK names.
fn named_mode(lock: &SyntaxNode) -> Mode {
    let clause = lock.children().find(|child| child.kind() == SyntaxKind::LOCK_MODE_CLAUSE);
    let said = clause.map(|clause| clause.text().to_string().to_uppercase()).unwrap_or_default();
    let words = said.split_whitespace().filter(|word| !["IN", "MODE"].contains(word)).collect::<Vec<_>>().join(" ");
    Mode::ALL.into_iter().find(|mode| mode.name() == words).unwrap_or(Mode::AccessExclusive)
}

fn or_each_table(names: Vec<String>) -> Vec<String> {
    if names.is_empty() { vec!["each table in turn".to_owned()] } else { names }
}

/// Whether this is the name of a table or of something like one.
const fn is_name(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(kind, K::TABLE_NAME_REF | K::RELATION_NAME_REF | K::VIEW_REF | K::SEQUENCE_REF | K::INDEX_REF)
}

/// The tables and the like that are named, in order.
pub(super) fn names(node: &SyntaxNode) -> Vec<String> {
    node.descendants().filter(|inner| is_name(inner.kind())).map(|inner| inner.text().to_string()).collect()
}

/// The first of them, a WITH not counted: what a statement is about.
fn first_name(node: &SyntaxNode) -> Vec<String> {
    node.children().filter(|child| child.kind() != SyntaxKind::WITH_CLAUSE).flat_map(|child| names(&child)).take(1).collect()
}

fn names_in(node: &SyntaxNode, kinds: &[SyntaxKind]) -> Vec<String> {
    node.descendants().filter(|inner| kinds.contains(&inner.kind())).flat_map(|inner| names(&inner)).collect()
}

/// The tables that foreign keys in it refer to.
fn referred_to(node: &SyntaxNode) -> Vec<String> {
    names_in(node, &[SyntaxKind::REFERENCES_CONSTRAINT, SyntaxKind::FOREIGN_KEY_CONSTRAINT])
}
