//! What `kubectl` says about the worker: a deployment with one pod. Never imitates more of a cluster than that.

use crate::world::sandbox::service::{Phase, Status};

use super::{IMAGE, LOOK, Parsed, Question, Reply, moment, seconds, table};
use crate::drill::worker::WORKER;

/// Flags that take a value, by their spellings.
const VALUED: &[&str] =
    &["-n --namespace", "--context", "-l --selector", "-o --output", "-c --container", "--tail", "--since", "--timeout"];

/// Flags that take none.
const PLAIN: &[&str] = &["-f --follow", "--no-headers", "-A --all-namespaces", "-p --previous"];

/// Digits and letters Kubernetes makes names of: without vowels, so that they spell nothing.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The output that asks where the worker finds its database, which is where everybody in its world does.
const DATABASE_URL: &str = r#"jsonpath={.spec.template.spec.containers[0].env[?(@.name=="DATABASE_URL")].value}"#;

/// Answers `kubectl`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let refuse = || Err(question.not_imitated("kubectl"));
    let Some(parsed) = Parsed::of(question.arguments, VALUED, PLAIN) else { return refuse() };
    match parsed.words()[..] {
        ["get", "pods" | "pod" | "po", ref names @ ..] => get_pods(question, &parsed, names),
        ["get", "deployments" | "deployment" | "deploy", ref names @ ..] => get_deployments(question, &parsed, names),
        ["get", ref target @ ..] if is_deployment(target) => get_deployments(question, &parsed, &[]),
        ["logs", target] => logs(question, &parsed, target),
        ["describe", "pod" | "pods" | "po", name] => describe(question, name),
        ["rollout", "restart", ref target @ ..] if is_deployment(target) => {
            question.restart()?;
            Ok(format!("deployment.apps/{WORKER} restarted\n"))
        }
        ["rollout", "status", ref target @ ..] if is_deployment(target) => rollout_status(question, &parsed),
        ["rollout", "restart" | "status", ref target @ ..] => match target {
            [] => refuse(),
            [.., name] => Err(not_found("deployments.apps", name.rsplit('/').next().unwrap_or(name))),
        },
        _ => refuse(),
    }
}

/// `deployment/worker`, or the same in two words.
fn is_deployment(target: &[&str]) -> bool {
    let words: Vec<&str> = target.iter().flat_map(|word| word.split('/')).collect();
    matches!(words[..], ["deployment" | "deployments" | "deploy" | "deployment.apps", WORKER])
}

fn not_found(kind: &str, name: &str) -> String {
    format!("Error from server (NotFound): {kind} {name:?} not found")
}

/// The pod's name: the deployment's, a hash of its template, and a few letters of its own. A restart changes both.
fn pod_name(question: &Question<'_>, status: &Status) -> String {
    let hash = crate::base::hash::sha256(format!("{}:{}", question.salt, status.replaced));
    let letters: String = hash.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect();
    format!("{WORKER}-{}-{}", &hash[..10], &letters[10..15])
}

fn get_pods(question: &Question<'_>, parsed: &Parsed, names: &[&str]) -> Reply {
    let status = question.status()?;
    let pod = pod_name(question, &status);
    if let Some(name) = names.iter().find(|name| **name != pod) {
        return Err(not_found("pods", name));
    }
    let selected = |selector: &str| selector.split(',').all(|label| matches!(label, "app=worker" | "app==worker"));
    if status.phase == Phase::Completed || !parsed.flag("--selector").is_none_or(selected) {
        return Ok(String::new());
    }
    match parsed.flag("--output") {
        None | Some("wide") => {}
        Some("name") => return Ok(format!("pod/{pod}\n")),
        Some(_) => return Err(question.not_imitated("kubectl")),
    }
    let restarts = match (status.restarts, question.now) {
        (0, _) => "0".to_owned(),
        (n, now) => format!("{n} ({} ago)", age(seconds(status.started, now))),
    };
    let ready = if status.phase == Phase::Running { "1/1" } else { "0/1" };
    let row = [pod, ready.to_owned(), format!("{:?}", status.phase), restarts, age(seconds(status.since, question.now))];
    Ok(with_header(parsed, &["NAME", "READY", "STATUS", "RESTARTS", "AGE"], &row))
}

fn get_deployments(question: &Question<'_>, parsed: &Parsed, names: &[&str]) -> Reply {
    if let Some(name) = names.iter().find(|name| **name != WORKER) {
        return Err(not_found("deployments.apps", name));
    }
    match parsed.flag("--output") {
        None => {}
        Some(DATABASE_URL) => return Ok(std::env::var("DATABASE_URL").unwrap_or_default()),
        Some(_) => return Err(question.not_imitated("kubectl")),
    }
    let status = question.status()?;
    let available = u8::from(status.phase == Phase::Running);
    let since = age(seconds(status.since_first, question.now));
    let row = [WORKER.to_owned(), format!("{available}/1"), "1".to_owned(), available.to_string(), since];
    Ok(with_header(parsed, &["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], &row))
}

fn with_header(parsed: &Parsed, header: &[&str], row: &[String]) -> String {
    if parsed.flag("--no-headers").is_some() {
        return table(&[row.to_vec()]);
    }
    let header = header.iter().map(|&title| title.to_owned()).collect();
    table(&[header, row.to_vec()])
}

/// The log of the pod's last run; a pod that replaced another starts with an empty one.
fn logs(question: &Question<'_>, parsed: &Parsed, target: &str) -> Reply {
    let status = question.status()?;
    let pod = pod_name(question, &status);
    let name = target.strip_prefix("pod/").or_else(|| target.strip_prefix("pods/")).unwrap_or(target);
    if name != pod && !is_deployment(&[target]) {
        return Err(not_found("pods", name));
    }
    let run = match parsed.flag("--previous") {
        None => status.run,
        Some(_) if status.restarts > 0 => status.run - 1,
        Some(_) => {
            return Err(format!("Error from server (BadRequest): previous terminated container {WORKER:?} in pod {pod:?} not found"));
        }
    };
    let log = question.service.log(run);
    let told = parsed.cut(&log, question.now)?;
    if parsed.flag("--follow").is_none() || run != status.run {
        return Ok(told);
    }
    question.follow(&told, run, log.len());
    Ok(String::new())
}

/// Waits like the real one until the new pod is available, or its `--timeout` is over.
fn rollout_status(question: &Question<'_>, parsed: &Parsed) -> Reply {
    let timeout = parsed.flag("--timeout").unwrap_or("60s");
    let ago = moment(timeout, question.now).ok_or_else(|| format!("invalid value {timeout:?} for --timeout"))?;
    let patience = (question.now - ago).to_std().unwrap_or_default();
    for _ in 0..=patience.as_millis() / LOOK.as_millis() {
        if question.status()?.phase == Phase::Running {
            return Ok(format!("deployment {WORKER:?} successfully rolled out\n"));
        }
        std::thread::sleep(LOOK);
    }
    Err(format!(
        "Waiting for deployment {WORKER:?} rollout to finish: 0 of 1 updated replicas are available...\nerror: timed out waiting for the condition"
    ))
}

fn describe(question: &Question<'_>, name: &str) -> Reply {
    let status = question.status()?;
    let pod = pod_name(question, &status);
    if name != pod {
        return Err(not_found("pods", name));
    }
    let (state, reason) = match status.phase {
        Phase::Running => ("Running".to_owned(), None),
        Phase::Completed => ("Terminated".to_owned(), Some("Completed")),
        phase => ("Waiting".to_owned(), Some(if phase == Phase::ContainerCreating { "ContainerCreating" } else { "CrashLoopBackOff" })),
    };
    let is_running = status.phase == Phase::Running;
    let mut lines = vec![
        format!("Name:             {pod}"),
        "Namespace:        default".to_owned(),
        format!("Start Time:       {}", status.since.to_rfc2822()),
        "Labels:           app=worker".to_owned(),
        format!("Status:           {}", if status.phase == Phase::ContainerCreating { "Pending" } else { "Running" }),
        format!("Controlled By:    ReplicaSet/{}", pod.rsplit_once('-').map_or(pod.as_str(), |(set, _)| set)),
        "Containers:".to_owned(),
        format!("  {WORKER}:"),
        format!("    Image:          {IMAGE}"),
        format!("    State:          {state}"),
    ];
    lines.extend(reason.map(|reason| format!("      Reason:       {reason}")));
    if let (Some(ended), false) = (status.ended, is_running) {
        lines.push("    Last State:     Terminated".to_owned());
        lines.push("      Reason:       Error".to_owned());
        lines.push(format!("      Exit Code:    {}", status.exit.unwrap_or(137)));
        lines.push(format!("      Finished:     {}", ended.to_rfc2822()));
    }
    lines.push(format!("    Ready:          {}", if is_running { "True" } else { "False" }));
    lines.push(format!("    Restart Count:  {}", status.restarts));
    lines.push("    Environment:".to_owned());
    lines.push("      DATABASE_URL:  <set to the key 'url' in secret 'worker-database'>  Optional: false".to_owned());
    Ok(lines.join("\n") + "\n")
}

/// An age as Kubernetes shortens it: `45s`, `3m12s`, `12m`, `5h`, `3d`.
fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 if seconds % 60 > 0 => format!("{}m{}s", seconds / 60, seconds % 60),
        120..10_800 => format!("{}m", seconds / 60),
        10_800..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_like_the_real_ones() {
        let ages = [5, 119, 120, 192, 700, 20_000, 200_000].map(age);
        assert_eq!(ages.join(" "), "5s 119s 2m 3m12s 11m 5h 2d");
    }
}
