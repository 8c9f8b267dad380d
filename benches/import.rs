//! How long a megabyte of Markdown takes to become a runbook, beside the same text becoming HTML by the parser's own hand in the same
//! run. Prints medians and the ratio; judges nothing.
//!
//! `cargo bench --bench import`. The two take turns, so that a noisy machine is as unkind to one as to the other.
#![expect(clippy::print_stdout, reason = "a benchmark: it prints")]

#[path = "support/time.rs"]
mod time;

use std::fmt::Write as _;
use std::hint::black_box;

use fracas::runbook::import;
use pulldown_cmark::{Options, Parser, html};

use time::{median, ms, quantile, ratio, timed};

/// As large as a runbook may be.
const BYTES: usize = 1 << 20;
/// Each is timed this often.
const TURNS: usize = 21;

fn main() {
    let text = markdown();
    println!("{} KiB of Markdown, {} lines", text.len() / 1024, text.lines().count());
    let imported = import::markdown(text.as_bytes(), "large");
    println!("{} KiB of YAML", imported.yaml.len() / 1024);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let took = [
            timed(|| drop(black_box(import::markdown(black_box(text.as_bytes()), "large")))),
            timed(|| {
                let mut page = String::new();
                html::push_html(&mut page, Parser::new_ext(black_box(&text), Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS));
                drop(black_box(page));
            }),
        ];
        // The first of each only warms the caches.
        if turn > 0 {
            ours.push(took[0]);
            theirs.push(took[1]);
        }
    }
    let slowest = quantile(&mut ours, 1.0);
    let [ours, theirs] = [ours, theirs].map(median);
    println!(
        "import {:.1} ms (slowest {:.1})   pulldown-cmark to HTML {:.1} ms   ratio {:.1}",
        ms(ours),
        ms(slowest),
        ms(theirs),
        ratio(ours, theirs)
    );
}

/// A page with everything that a page has, in which hardly two sections are the same.
fn markdown() -> String {
    let mut text = "# Everything that can go wrong\n\nRead what fits.\n\n".to_owned();
    let mut n = 0;
    while text.len() < BYTES {
        let _ = match n % 8 {
            0 => write!(
                text,
                "## Phase {n}: Part {n} ({} minutes)\n\nWhat part {n} is *about*, with a [link](https://x.example/{n}).\n\n",
                n % 50 + 5
            ),
            1 => write!(
                text,
                "### {n}.1 Look\n\n```bash\n# Is part {n} there?\ndocker ps --filter name=part{n}\nkubectl get pods -n <namespace> | grep part-{n}\n```\n\n"
            ),
            2 => write!(
                text,
                "### {n}.2 Ask\n\n```sql\n-- How many?\nSELECT count(*) FROM part_{n} WHERE state = 'open';\nDELETE FROM part_{n} WHERE id = {n};\n```\n\n"
            ),
            3 => write!(text, "- [ ] Call the owner of part {n}\n- [x] Read page {n}\n  - and the one behind it\n\n"),
            4 => write!(text, "1. Stop part {n}\n\n   ```sh\n   docker restart part{n}\n   ```\n\n2. Wait for it\n\n"),
            5 => write!(text, "| Sign | Means |\n|------|-------|\n| E{n} | part {n} is `gone` |\n| W{n} | part {n} is late |\n\n"),
            6 => write!(
                text,
                "### Error E{n}: part {n} is broken\n\nPut part {n} back. Then read on, for a line or two, until all is well.\n\n"
            ),
            _ => write!(text, "> Part {n} is hot.\n\n```\npart {n} says\nnothing\n```\n\n<!-- {n} -->\n\n"),
        };
        n += 1;
    }
    text
}
