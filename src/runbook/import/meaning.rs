//! What words of a heading or a line mean: how long, how bad, what kind of section. Never reads code.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::one_line;

/// What a section is for, by its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Success,
    Symptoms,
    Escalation,
    Severities,
    Contacts,
    Errors,
    Question,
    Actions,
    Links,
    /// What a reader is told before the work begins.
    Introduction,
    /// Something to be done, one point after the other.
    Work,
    /// A list and nothing else.
    Todo,
    Other,
}

/// What is looked for are words of languages with Latin letters that begin and end with one of ASCII. Unicode's classes would take
/// longer to build than a short page to import, and its boundaries longer to find.
pub(super) fn pattern(source: &str) -> Option<Regex> {
    let plain = source.replace(r"\b", r"(?-u:\b)").replace(r"\W", "[^a-zA-Z0-9_]").replace(r"\w", "[a-zA-Z0-9_]").replace(r"\d", "[0-9]");
    Regex::new(&plain).ok()
}

macro_rules! patterns {
    ($($name:ident = $source:expr;)*) => { $(static $name: LazyLock<Option<Regex>> = LazyLock::new(|| pattern($source));)* };
}

patterns! {
    SUCCESS = r"(?i)\b(success|acceptance|exit|resolution|recovery|done) criteri|definition of done|success (checklist|metrics|indicators)|erfolgskriteri|crit[eè]res de (succ[eè]s|r[eé]ussite)|criterios de [eé]xito";
    SYMPTOMS = r"(?i)^(\W|\d)*(common |typical |observed |key )?(symptoms?|indicators?|signs|detection signals?|how (you|to) (notice|detect|recogni[sz]e).*|sympt[oô]me?s?|anzeichen|s[ií]ntomas)\b[^a-z]*$";
    ESCALATION = r"(?i)\b(escalat(e|ion|ing)|eskalation|escalade|escalamiento)\b";
    SEVERITIES = r"(?i)\bseverit(y|ies)\b|\bpriority (levels?|definitions?)|\bincident (levels?|classification)|\bschweregrade?|\bs[eé]v[eé]rit[eé]s?";
    CONTACTS = r"(?i)\b(contacts?|on-?call (rotation|schedule|team)|phone (numbers|list)|kontakte?|ansprechpartner)\b";
    ERRORS = r"(?i)\b(error (codes?|messages?|reference)|errors? explained|troubleshooting|(common|known|typical|frequent) (errors?|issues?|problems?|failures?|pitfalls?|gotchas)|fehlercodes?|fehlerbehebung|bekannte (fehler|probleme)|d[eé]pannage)\b";
    QUESTION = r"(?i)^(\W|\d)*(root causes?( analysis)?|contributing factors?|lessons? learn(ed|t)|what (went|did ?n[o']?t go|could have gone|didn’t go) (well|wrong|right|badly|better|poorly|not).*|what (could|can) be (improved|better).*|5 whys|five whys|what did (we|not) .*|where we got lucky|trigger|impact( assessment| summary| analysis)?|detection|resolution( summary)?|timeline|background|ursachen?(analyse)?|lehren|causes? racines?|causa ra[ií]z)\s*(\(.*\))?\W*$";
    ACTIONS = r"(?i)\b(action items?|follow[- ]?ups?( actions?| items?| tasks?)?|corrective actions?|preventive (actions?|measures?)|prevention( measures?)?|recommendations?|next steps|remaining (work|tasks|actions)|ma(ß|ss)nahmen)\b";
    REPORT = r"(?i)\b(post[- ]?mortem|incident report|recovery report|after[- ]action|retrospective|rca|report|vorfallsbericht|st[oö]rungsbericht)\b";
    LINKS = r"(?i)^(\W|\d)*(table of contents|contents|toc|see also|references?|links?|further reading|related( (documents?|documentation|docs|links|files|runbooks|alerts|resources|reading))?|useful links|resources|additional resources|inhalt(sverzeichnis)?|verweise)\W*$";
    INTRODUCTION = r"(?i)^(\W|\d)*(overview|summary|incident summary|introduction|meaning|impact|description|purpose|scope|about|background|context|when to use( this runbook)?|problem( statement)?|what (is|this) .*|causes?|possible causes|root cause|alert( details)?|metadata|[uü]berblick|zusammenfassung|zweck|aper[cç]u|resumen)\W*$";
    TODO = r"(?i)\b(check-?lists?|verif(y|ication)|prerequisites|pre-?flight|before you (begin|start)|sign-?off|to-?dos?)\b";
    WORK = r"(?i)\b(steps?|actions?|checklist|procedures?|mitigations?|remediations?|resolutions?|fix(es)?|recover(y|ing)?|rollback|verif(y|ication)|validations?|validate|tests?|testing|diagnos(is|e|tics?)|investigations?|response|prevention|communication|tasks?|to-?do|pre-?flight|prerequisites|before you (begin|start)|deployment|cleanup|immediate|short-term|long-term|ma(ß|ss)nahmen|schritte?|behebung|pr[uü]fung|etapes?|pasos)\b|étapes?\b";
    SEVERITY = r"(?i)\b(?:severity|priority|sev|schweregrad|s[eé]v[eé]rit[eé]|prioridad)\b[\s:*_|]*\b(P[0-5]|SEV[- ]?[0-5]|critical|high|medium|moderate|low|major|minor|warning|kritisch|hoch)\b";
    LEVEL = r"(?i)^\W*(P[0-5]|S[0-5]|SEV(?:ERITY)?[- ]?[0-5]|level[- ]?[0-5]|critical|high|medium|moderate|low|major|minor|warning|info(rmational)?|kritisch|hoch|mittel|niedrig)\b";
    DURATION = r"(?i)(?:\bT\s?\+\s?)?(?P<least>\d+(?:[.,]\d+)?)\s*(?:(?P<first>seconds?|secs?|s|minutes?|minuten|mins?|m|hours?|hrs?|stunden?|h|days?|tage?n?|d)?\s*(?:-|–|—|to|bis)\s*(?:T\s?\+\s?)?(?P<most>\d+(?:[.,]\d+)?)\s*)?(?P<more>\+)?\s*(?P<unit>seconds?|secs?|s|minutes?|minuten|mins?|m|hours?|hrs?|stunden?|h|days?|tage?n?|d)\b(?P<more2>\+)?";
    BUDGET = r"(?i)[(\[]([^()\[\]]*\d[^()\[\]]*)[)\]]|[:–—-]\s*([^:–—]*\d+\s*(?:seconds?|minutes?|mins?|hours?|h)\b.*)$";
    DATE = r"(?i)(?:last (?:updated|reviewed|tested|verified)|reviewed|updated|stand)\W*(\d{4}-\d{2}-\d{2})\b";
    OWNER = r"(?i)^\W*(?:owner|owned by|maintainer|owning team|team|verantwortlich)\s*\**\s*:\s*\**\s*(\S[^|\n]*?)\s*$";
    NUMBERED = r"(?i)^\W*(step|phase|part|stage|schritt|teil|[eé]tape|paso)\s+\d";
    LEVELS = r"(?i)\b(?:P[0-5]|SEV[- ]?[0-5])\b";
    OPTION = r"(?i)^\W*(?:option|alternative|variante|approach|method|m[eé]thode)\s+(\d+|[a-h]|i{1,3}|iv)\b";
    OUTPUT = r"(?i)\b(expected|sample|example|typical|correct|healthy)?\s*(output|result|response|log lines?|logs?|ausgabe|antwort|sortie|salida)\b[^.:]*:?\W*$|\b(should|will|must) (see|show|return|print|look|be|output|respond)\b[^.]*:\s*$|\b(returns|shows|prints|looks like( this)?)\s*:\s*$|\bexpected( [\w-]+){0,3}\s*:\W*$|\berwartet\w*( \w+)?\s*:\W*$";
    ANSWER = r"(?i)^\W*(you|it|this|that|the (command|output|result|response|answer))( command| output)? (should|will|must) (then )?(see|show|return|print|be|give|output|say|list|respond|yield)\b";
    OUTPUT_COMMENT = r"(?i)^#+\s*((=>|->|→|⇒)|(expected|output|outputs|returns|prints|result|response|should (see|show|return|print|be|say))\b|ok\s*$)";
    FULL_OUTPUT = r"(?i)\bexpected\b|\bshould (see|show|return|print|output|respond)\b|\berwartet";
    ERROR_LABEL = r"(?i)^\W*(error|problem|issue|symptom|case|fehler|problème|erreur)( (code|message))?( \d+)?\W*$";
    WARNING = r"(?i)^\W*(\[!(warning|caution|danger)\]|(warning|caution|danger|achtung|warnung|attention)\b|never |do not |don't |niemals )";
    ERROR_CODE = r"\b([A-Z]{1,6}[-_]?\d{2,6}|E[A-Z]{4,15}|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|[0-9A-Z]{5})\b";
    VERB = r"(?i)^\W*(?:then |next,? |now |first,? |optionally,? |if [^,]+, |immediately |do not |don't |never |always |please )?(access|acknowledge|activate|add|adjust|alert|analy[sz]e|announce|apply|archive|ask|assess|assign|attach|audit|backup|back up|block|bring|build|bump|call|cancel|capture|change|check|cherry-pick|clean|clear|close|collect|communicate|compare|complete|conduct|configure|confirm|connect|consider|contact|contain|copy|cordon|correlate|coordinate|create|declare|decrease|delete|deploy|describe|determine|diagnose|disable|disconnect|document|download|drain|drop|edit|enable|engage|ensure|escalate|establish|estimate|evaluate|examine|execute|export|fail over|failover|fetch|file|fill|find|fix|flush|follow|force|gather|generate|get|give|go|grant|hand over|identify|implement|import|improve|increase|inform|initiate|inspect|install|investigate|invalidate|invoke|isolate|issue|join|keep|kill|launch|list|load|locate|lock|log|look|lower|make|map|mark|migrate|mitigate|monitor|mount|move|notify|obtain|open|page|patch|pause|perform|ping|place|plan|post|prepare|preserve|promote|provide|publish|pull|purge|push|query|raise|re-?run|re-?start|rebuild|reboot|recheck|record|recover|redeploy|reduce|refresh|release|reload|remove|rename|repair|repeat|replace|report|reproduce|request|reset|resolve|restore|resume|retry|return|revert|review|revoke|roll|rollback|roll back|rotate|run|save|scale|schedule|search|see if|select|send|set|share|shut|simulate|snapshot|spin|start|stop|submit|suspend|switch|sync|take|tell|terminate|test|throttle|track|train|transfer|trigger|try|turn|uncordon|undo|uninstall|unlock|update|upgrade|upload|use|validate|verify|view|wait|warn|watch|write|prüfe|prüfen|starte|starten|stoppe|benachrichtige|öffne|dokumentiere|führe|setze|vérifier|vérifiez|redémarrer|redémarrez|ouvrir|consulter|verificar|reiniciar|revisar|comprobar)\b";
}

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// What a section with this heading is for.
pub(super) fn role(heading: &str) -> Role {
    let found = [
        (&SUCCESS, Role::Success),
        (&SYMPTOMS, Role::Symptoms),
        (&LINKS, Role::Links),
        (&QUESTION, Role::Question),
        (&INTRODUCTION, Role::Introduction),
        (&ACTIONS, Role::Actions),
        (&ESCALATION, Role::Escalation),
        (&SEVERITIES, Role::Severities),
        (&CONTACTS, Role::Contacts),
        (&ERRORS, Role::Errors),
        (&TODO, Role::Todo),
        (&WORK, Role::Work),
    ];
    found.iter().find(|(pattern, _)| is(pattern, heading)).map_or(Role::Other, |(_, role)| *role)
}

/// Whether a label announces symptoms.
pub(super) fn is_symptom_label(text: &str) -> bool {
    is(&SYMPTOMS, text.trim_end_matches([':', ' ']))
}

/// Whether a section with this heading is told before the work.
pub(super) fn introduces(heading: &str) -> bool {
    is(&INTRODUCTION, heading) || is(&QUESTION, heading)
}

/// Whether a file with this title tells of an incident that is over.
pub(super) fn is_report(title: &str) -> bool {
    is(&REPORT, title)
}

/// Whether a line in bold stands for a heading.
pub(super) fn may_be_a_heading(text: &str) -> bool {
    let is_short = text.chars().count() <= 100 && !text.contains('\n');
    let is_label =
        text.ends_with([':', '.', '!', ',', ';', '?']) || text.split_once(": ").is_some_and(|(_, value)| value.split(' ').count() == 1);
    is_short && (is_numbered(text) && !text.ends_with(':') || !is_label) && text.chars().any(char::is_alphabetic)
}

/// Whether a heading counts: `Phase 1`, `Step 2`.
pub(super) fn is_numbered(heading: &str) -> bool {
    is(&NUMBERED, heading)
}

/// Whether a line says what is to be done.
pub(super) fn is_instruction(text: &str) -> bool {
    is(&VERB, text)
}

/// Whether the code that follows this line is what something answered.
pub(super) fn announces_output(text: &str) -> bool {
    is(&OUTPUT, text.lines().last().unwrap_or_default())
}

/// Whether a comment behind a command says what it answers: `# => 200`.
pub(super) fn is_output_comment(text: &str) -> bool {
    is(&OUTPUT_COMMENT, text)
}

/// Whether a sentence says what was to be seen: `You should see 200.`
pub(super) fn tells_answer(text: &str) -> bool {
    !text.trim_end().ends_with(':') && is(&ANSWER, text)
}

/// Whether these words only say that an error follows.
pub(super) fn is_error_label(text: &str) -> bool {
    is(&ERROR_LABEL, text)
}

/// Whether a paragraph warns of something that must not be done.
pub(super) fn is_warning(text: &str) -> bool {
    is(&WARNING, text)
}

/// Whether it is what must be answered, rather than an example.
pub(super) fn expects(text: &str) -> bool {
    is(&FULL_OUTPUT, text)
}

/// The label of an alternative: `Option 2`.
pub(super) fn option_of(text: &str) -> Option<String> {
    let found = OPTION.as_ref()?.captures(text)?;
    Some(one_line(found[0].trim_start_matches(|c: char| !c.is_alphanumeric())))
}

/// Whether a line is only there to name one of several ways: `Option A — with Helm`.
pub(super) fn names_option(text: &str) -> bool {
    text.chars().count() <= 80 && !text.contains('\n') && !text.trim_end().ends_with('.') && is(&OPTION, text)
}

/// The first severity that is said.
pub(super) fn severity(text: &str) -> Option<String> {
    // A choice of several is none yet.
    let levels = LEVELS.as_ref()?.find_iter(text).map(|found| found.as_str().to_uppercase()).collect::<std::collections::BTreeSet<_>>();
    if levels.len() > 1 {
        return None;
    }
    SEVERITY.as_ref()?.captures(text).map(|found| found[1].to_owned())
}

/// Whether a cell or a heading names a severity.
pub(super) fn is_level(text: &str) -> bool {
    is(&LEVEL, text)
}

pub(super) fn date(text: &str) -> Option<String> {
    let found = DATE.as_ref()?.captures(text)?[1].to_owned();
    found.parse::<chrono::NaiveDate>().is_ok().then_some(found)
}

pub(super) fn owner(line: &str) -> Option<String> {
    OWNER.as_ref()?.captures(line).map(|found| found[1].to_owned())
}

/// A word by which an error is known.
pub(super) fn error_code(text: &str) -> Option<&str> {
    ERROR_CODE.as_ref()?.find_iter(text).map(|found| found.as_str()).find(|word| word.chars().any(|c| c.is_ascii_digit()) || word.len() > 5)
}

/// How long a section may take, from its heading: `(15 minutes)`. A span such as `(15-30 minutes)` is its length if it goes on from
/// the start, or from where the last one ended, in seconds; else it is as long as it may take.
pub(super) fn budget(heading: &str, last_end: &mut f64) -> Option<String> {
    BUDGET.as_ref()?.captures_iter(heading).find_map(|found| {
        let said = found.get(1).or_else(|| found.get(2))?.as_str().trim();
        let mut spans = spans(said);
        let span = spans.next()?;
        let lower = said.to_lowercase();
        let is_no_length = span.is_more || ["after", "every", "since", "nach", "alle", ">", "≥"].iter().any(|word| lower.starts_with(word));
        if is_no_length {
            return None;
        }
        let (start, mut end) = (span.start, span.end);
        // Hours and minutes.
        if let Some(more) = spans.next().filter(|more| more.unit < span.unit && span.unit == 3600) {
            end += more.end;
        }
        let is_span = span.end > span.start;
        let is_clock = lower.starts_with("t+") || lower.starts_with("t +");
        let goes_on = is_span && (is_clock || start == 0.0 || (start - *last_end).abs() < 1.0);
        // What is no span comes after what was before.
        *last_end = if is_span { end } else { *last_end + end };
        in_words(if goes_on { end - start } else { end })
    })
}

/// The first duration in a text, the longer end of a span: `within 30 minutes`.
pub(super) fn duration(text: &str) -> Option<String> {
    in_words(spans(text).next()?.end)
}

/// Where the first span in a text begins that is neither how often something is done nor how long it may take at most: `15-30 minutes`,
/// `after 1 hour`; the first second for one from the very start.
pub(super) fn start(text: &str) -> Option<String> {
    let is_no_start = |before: &str| {
        ["every", "each", "alle", "<", "≤", "less than", "under"].iter().any(|word| before.trim_end().to_lowercase().ends_with(word))
    };
    let span = spans(text).find(|span| !is_no_start(&text[..span.at]))?;
    in_words(if span.start == 0.0 && span.end > 0.0 { 1.0 } else { span.start })
}

/// A length of time, or from when to when, in seconds.
struct Span {
    /// Where it stands in the text.
    at: usize,
    start: f64,
    /// The same as `start` where it is no span.
    end: f64,
    /// What it is counted in.
    unit: u32,
    /// Whether it goes on: `60+ minutes`.
    is_more: bool,
}

fn spans(text: &str) -> impl Iterator<Item = Span> + '_ {
    let found = DURATION.as_ref().into_iter().flat_map(move |pattern| pattern.captures_iter(text));
    found.filter_map(|found| {
        let number = |name: &str| found.name(name).and_then(|number| number.as_str().replace(',', ".").parse::<f64>().ok());
        let unit = found.name("unit").and_then(|unit| seconds_of(unit.as_str()))?;
        let first = found.name("first").and_then(|unit| seconds_of(unit.as_str())).unwrap_or(unit);
        let (least, most) = (number("least")?, number("most"));
        Some(Span {
            at: found.get(0)?.start(),
            start: least * f64::from(first),
            end: most.map_or(least * f64::from(first), |most| most * f64::from(unit)),
            unit,
            is_more: found.name("more").is_some() || found.name("more2").is_some(),
        })
    })
}

/// How many seconds a unit has, by its first letters.
fn seconds_of(unit: &str) -> Option<u32> {
    let unit = unit.to_lowercase();
    Some(match unit.chars().next()? {
        's' if unit.starts_with("st") => 3600,
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => 86_400,
    })
}

/// As a duration is written in a runbook.
fn in_words(seconds: f64) -> Option<String> {
    let seconds = seconds.round();
    if !(1.0..=31_536_000.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between one second and a year")]
    let seconds = seconds as u64;
    Some(match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    })
}

/// How soon criteria under this heading must hold.
pub(super) fn urgency(heading: &str) -> Option<&'static str> {
    let heading = heading.to_lowercase();
    if heading.contains("short") || heading.contains("kurzfrist") {
        Some("short-term")
    } else if heading.contains("long") || heading.contains("langfrist") {
        Some("long-term")
    } else if heading.contains("immediate") || heading.contains("sofort") {
        Some("immediate")
    } else {
        None
    }
}

/// Where the first sentence of a text ends, or its last whole word that fits into so many characters.
pub(super) fn first_part(text: &str, most: usize) -> usize {
    let limit = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    let line_end = text.find('\n').unwrap_or(text.len());
    if line_end <= limit && (line_end < text.len() || text.len() <= limit) && sentence_ends(&text[..line_end]).all(|end| end == line_end) {
        return line_end;
    }
    let head = &text[..limit.min(line_end)];
    if let Some(end) = sentence_ends(head).next() {
        return end;
    }
    if head.len() == text.len() || head.len() == line_end {
        return head.len();
    }
    head.rfind(' ').filter(|at| *at > 0).unwrap_or(head.len())
}

/// Where sentences end: not behind `e.g.`, nor where the next word begins small.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '。')).filter_map(|(at, c)| {
        let end = at + c.len_utf8();
        let behind = &text[end..];
        let word = text[..at].rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default().to_lowercase();
        let is_short = ["e.g", "i.e", "z.b", "d.h", "vs", "cf", "approx", "ca", "bzw"].contains(&word.as_str());
        let goes_on = behind.trim_start().starts_with(|c: char| c.is_lowercase() || "(,;".contains(c));
        (at > 2 && !is_short && !goes_on && behind.chars().next().is_none_or(char::is_whitespace)).then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_from_headings() {
        let mut end = 0.0;
        for (heading, is) in [
            ("Phase 1: Assess (15 minutes)", Some("15m")),
            ("Wait (10-20 minutes)", Some("20m")),
            ("Resolve (0–15 min)", Some("15m")),
            ("Phase 2 (15-45 minutes)", Some("30m")),
            ("Move (2h 30m)", Some("150m")),
            ("Look again (after 5 minutes)", None),
            ("Later (90+ minutes)", None),
            ("Immediate Actions (< 15 minutes)", Some("15m")),
            ("Repair (2.5 hours)", Some("150m")),
            ("Triage - 30 min", Some("30m")),
            ("First Response: 5 minutes", Some("5m")),
            ("Version 2 (2024)", None),
            ("Root cause", None),
        ] {
            assert_eq!(budget(heading, &mut end).as_deref(), is, "{heading}");
        }
    }

    #[test]
    fn headings_say_what_a_section_is_for() {
        for (heading, is) in [
            ("✅ SUCCESS CRITERIA", Role::Success),
            ("3. Symptoms", Role::Symptoms),
            ("ESCALATION CRITERIA", Role::Escalation),
            ("Severity Levels", Role::Severities),
            ("Error Codes Explained", Role::Errors),
            ("What went well", Role::Question),
            ("Root Cause", Role::Question),
            ("Related Files", Role::Links),
            ("Overview", Role::Introduction),
            ("Mitigation", Role::Work),
        ] {
            assert_eq!(role(heading), is, "{heading}");
        }
    }

    #[test]
    fn a_title_ends_with_a_sentence_or_a_word() {
        assert_eq!(first_part("One. Two", 200), 4);
        assert_eq!(first_part("one two three", 8), 7);
        assert_eq!(first_part("one\ntwo", 200), 3);
        assert_eq!(first_part("ééé", 2), 4);
    }

    #[test]
    fn output_is_announced() {
        for text in ["Expected output:", "You should see something like this:", "Sample output", "It returns:"] {
            assert!(announces_output(text), "{text}");
        }
        assert!(!announces_output("Run the migration:"));
    }
}
