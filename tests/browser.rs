//! The page of an incident in a real browser: of what is untrusted in it nothing runs and nothing is fetched, and its own
//! filters work. Needs `chromium` and `chromium-driver`, and fails where they are missing.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it missed by failing")]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/told.rs"]
mod told;

use std::io::Read as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use browser::Browser;
use fracas::base::{Value, json};
use fracas::export::Format;
use told::with_everything;

/// A document on disk, which is gone with the folder.
struct Written {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn written(name: &str, content: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    Written { _folder: folder, path }
}

/// Somebody who listens, and counts.
#[derive(Default)]
struct Listener {
    /// Who came.
    connections: AtomicUsize,
    /// Who asked for something.
    requests: AtomicUsize,
}

fn listener() -> (u16, Arc<Listener>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let listener = Arc::new(Listener::default());
    let counting = Arc::clone(&listener);
    std::thread::spawn(move || {
        for stream in socket.incoming() {
            counting.connections.fetch_add(1, Ordering::SeqCst);
            if stream.unwrap().read(&mut [0; 1]).is_ok_and(|bytes| bytes > 0) {
                counting.requests.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (port, listener)
}

/// What would run or fetch something if any of it got through.
fn attacks(port: u16) -> Vec<String> {
    let here = format!("http://127.0.0.1:{port}");
    [
        "</script><script>window.ran=1</script>",
        "</style></title></textarea></svg></desc></pre></code><script>window.ran=1</script>",
        "<img src=x onerror=window.ran=1>",
        "<svg onload=window.ran=1><animate onbegin=window.ran=1>",
        "\" onfocus=window.ran=1 autofocus tabindex=1 x=\"",
        "' onmouseover='window.ran=1' x='",
        "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
        "[run](javascript:window.ran=1) [run](data:text/html,<script>1</script>) <javascript:window.ran=1>",
        "<meta http-equiv=refresh content='0;url=javascript:window.ran=1'><base href=javascript:>",
        "<form action=javascript:window.ran=1><button autofocus>",
        "<img src=HERE/img> ![x](HERE/markdown) <link rel=stylesheet href=HERE/css> <style>@import 'HERE/import'</style>",
        "<object data=HERE/object></object><embed src=HERE/embed><video src=HERE/video><audio src=HERE/audio>",
        "</text><image href='HERE/svg'/><use href='HERE/use#x'/><foreignObject><script>window.ran=1</script></foreignObject>",
        "`</code><script>window.ran=1</script>` ```</pre><script>window.ran=1</script>``` <!-- --><script>window.ran=1</script>",
        "| a |\n|---|\n| <script>window.ran=1</script> |\n\n# <script>window.ran=1</script>\n\n> <script>window.ran=1</script>",
        "\u{202e}\u{200b}\u{0}\u{1b}]52;c;x\u{7} &lt;script&gt;window.ran=1&lt;/script&gt; \u{fffe}",
    ]
    .map(|attack| format!(" {}", attack.replace("HERE", &here)))
    .to_vec()
}

/// Everything in a page that could run or fetch.
const LOOK: &str = r##"
    const all = [...document.querySelectorAll("*")];
    return {
        ran: window.ran ?? null,
        scripts: document.scripts.length,
        handlers: all.flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")),
        styled: all.filter((element) => element.hasAttribute("style")).length,
        fetching: document.querySelectorAll("img, image, use, iframe, object, embed, link, video, audio, base, frame, foreignObject").length,
        schemes: [...new Set([...document.links].map((link) => link.protocol))].sort(),
        rows: document.querySelectorAll("#entries tbody tr").length,
    };
"##;

#[test]
fn of_a_hostile_incident_nothing_runs_and_nothing_is_fetched() {
    let browser = Browser::start();
    let (port, listener) = listener();
    // Alone, for what one would hide of another; and all of them in one.
    let mut attacks = attacks(port);
    attacks.push(attacks.concat());
    for attack in &attacks {
        // What may stand in a runbook's own text: of one line, short, and nothing that cannot be seen.
        let mild: String = attack.chars().filter(|c| (c.is_ascii_graphic() || *c == ' ') && !"{}".contains(*c)).take(150).collect();
        let incident = with_everything(attack, mild.trim_end());
        let page = written("report.html", &incident.exported(Format::Html));
        browser.open(&page.path);
        let found = browser.run(LOOK);
        let rows = incident.journal.lines().count();
        assert_eq!(
            found,
            json!({ "ran": null, "scripts": 1, "handlers": [], "styled": 0, "fetching": 0, "schemes": ["file:", "https:"], "rows": rows }),
            "{attack}"
        );
        let title = browser.run("return document.title");
        assert!(title.as_str().unwrap().contains("The table is gone"), "{attack}: {title}");
        let picture = written("picture.svg", &incident.exported(Format::Svg));
        browser.open(&picture.path);
        let found = browser.run(
            &LOOK
                .replace("document.scripts", "document.querySelectorAll('script')")
                .replace("document.links", "document.querySelectorAll('a')"),
        );
        assert_eq!(
            found,
            json!({ "ran": null, "scripts": 0, "handlers": [], "styled": 0, "fetching": 0, "schemes": [], "rows": 0 }),
            "{attack}"
        );
        assert_eq!(
            browser.run("return document.documentElement.localName + document.querySelectorAll('parsererror').length"),
            "svg0",
            "{attack}"
        );
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{attack}");
    }
    assert_eq!(browser.requests(), Vec::<String>::new());
    assert_eq!(listener.connections.load(Ordering::SeqCst), 0);
}

/// What this test would see if something got through: without it, an empty hand proves nothing.
#[test]
fn the_eyes_of_these_tests_are_open() {
    let browser = Browser::start();
    let (port, listener) = listener();
    let page = written("open.html", &format!("<title>x</title><p>x</p><script>window.ran=1</script><img src=http://127.0.0.1:{port}/img>"));
    browser.open(&page.path);
    let found = browser.run(LOOK);
    assert_eq!((&found["ran"], &found["fetching"]), (&json!(1), &json!(1)));
    assert_eq!(browser.requests(), [format!("http://127.0.0.1:{port}/img")]);
    assert!(listener.requests.load(Ordering::SeqCst) > 0);
}

/// Should markup get into the page all the same, the policy stops it.
#[test]
fn the_policy_holds_where_everything_else_has_failed() {
    let browser = Browser::start();
    let (port, listener) = listener();
    let page = written("report.html", &with_everything("", "").exported(Format::Html));
    browser.open(&page.path);
    // The driver's own scripts are not the page's; what they put into it is.
    let ran = browser.run_async(&format!(
        r#"
        const done = arguments[arguments.length - 1];
        const blocked = [];
        document.addEventListener("securitypolicyviolation", (event) => {{
            blocked.push(event.effectiveDirective);
            if (blocked.length === 6) done([blocked.sort(), window.ran ?? null, getComputedStyle(document.body).opacity]);
        }});
        const add = (name, set) => {{ const element = document.createElement(name); set(element); document.body.append(element); return element; }};
        add("script", (script) => {{ script.textContent = "window.ran = 1"; }});
        add("script", (script) => {{ script.src = "http://127.0.0.1:{port}/script"; }});
        add("style", (style) => {{ style.textContent = "body {{ opacity: .5 }}"; }});
        add("img", (image) => {{ image.src = "http://127.0.0.1:{port}/img"; }});
        add("button", (button) => {{ button.setAttribute("onclick", "window.ran = 1"); }}).click();
        add("iframe", (frame) => {{ frame.src = "http://127.0.0.1:{port}/frame"; }});
        "#
    ));
    let blocked = ["frame-src", "img-src", "script-src-attr", "script-src-elem", "script-src-elem", "style-src-elem"];
    assert_eq!(ran, json!([blocked, null, "1"]));
    // For a frame Chromium opens a connection before it asks the policy; nothing is said over it.
    assert_eq!(listener.requests.load(Ordering::SeqCst), 0);
}

/// Entries that are shown, by number, and what the page says about how many there are.
const SHOWN: &str = r##"
    const rows = [...document.querySelectorAll("#entries tbody tr")].filter((row) => row.checkVisibility());
    return [rows.map((row) => Number(row.id.replace("entry-", ""))), document.getElementById("shown").textContent];
"##;

fn set(browser: &Browser, id: &str, value: &str) -> Value {
    let change = format!(
        "const field = document.getElementById({}); field.value = {}; field.dispatchEvent(new Event('input', {{ bubbles: true }}));",
        json!(id),
        json!(value)
    );
    browser.run(&change);
    browser.run(SHOWN)
}

#[test]
fn the_timeline_is_filtered_and_searched() {
    let browser = Browser::start();
    let incident = with_everything("", "");
    let page = written("report.html", &incident.exported(Format::Html));
    browser.open(&page.path);
    let all = incident.journal.lines().count();
    assert_eq!(browser.run("return document.getElementById('filters').checkVisibility()"), true);
    assert_eq!(browser.run(SHOWN)[1], format!("{all} of {all} entries"));
    assert_eq!(set(&browser, "about", "checks"), json!([[3, 26, 27, 28, 49, 50, 51, 52, 53], format!("9 of {all} entries")]));
    assert_eq!(set(&browser, "find", "ANSWER within"), json!([[27], format!("1 of {all} entries")]));
    set(&browser, "find", "");
    set(&browser, "about", "");
    // In the order in which things happened.
    assert_eq!(set(&browser, "about", "notes")[0][0], 4);
    assert_eq!(set(&browser, "by", "grace")[0], json!([38, 39, 40, 41, 42, 43]));
    assert_eq!(set(&browser, "find", "no such words")[1], format!("0 of {all} entries"));
    // A link to an entry that is filtered away shows all of them.
    browser.run_async(
        "const done = arguments[0]; addEventListener('hashchange', () => setTimeout(done)); document.querySelector('a[href=\"#entry-21\"]').click();",
    );
    assert_eq!(browser.run(SHOWN)[1], format!("{all} of {all} entries"));
    set(&browser, "by", "grace");
    browser.run_async("const done = arguments[0]; document.querySelector('#filters button').click(); setTimeout(done);");
    assert_eq!(browser.run(SHOWN)[1], format!("{all} of {all} entries"));
    // An author whose name would be markup is filtered by like any other.
    let hostile = with_everything("\"><b>&amp; ", "");
    let page = written("report.html", &hostile.exported(Format::Html));
    browser.open(&page.path);
    assert_eq!(set(&browser, "by", "grace\"><b>&amp; ")[0].as_array().unwrap().len(), 21);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn without_javascript_and_on_paper_everything_is_there() {
    let browser = Browser::start();
    let incident = with_everything("", "");
    let all = incident.journal.lines().count();
    let page = written("report.html", &incident.exported(Format::Html));
    browser.open(&page.path);
    set(&browser, "about", "checks");
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    assert_eq!(browser.run(SHOWN)[0].as_array().unwrap().len(), all);
    assert_eq!(browser.run("return [...document.querySelectorAll('nav, #filters')].filter((part) => part.checkVisibility()).length"), 0);
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "" }));
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&page.path);
    assert_eq!(browser.run("return document.getElementById('filters').checkVisibility()"), false);
    assert_eq!(browser.run(SHOWN), json!([browser.run(SHOWN)[0], ""]));
    assert_eq!(browser.run(SHOWN)[0].as_array().unwrap().len(), all);
}

/// The contrast of every text with what it stands on: the least of them, with its text.
const CONTRAST: &str = r#"
    const light = (color) => {
        const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (color !== "rgba(0, 0, 0, 0)") return color;
        }
        return "rgb(255, 255, 255)";
    };
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let least = [99, ""];
    while (words.nextNode()) {
        const element = words.currentNode.parentElement;
        if (!words.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, title, desc, option")) continue;
        const style = getComputedStyle(element);
        const on = element.closest("svg") ? getComputedStyle(element.closest("svg").querySelector(".paper")).fill : ground(element);
        const [a, b] = [light(element.closest("svg") ? style.fill : style.color), light(on)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < least[0]) least = [ratio, `${words.currentNode.data.trim()} in ${style.color} on ${on}`];
    }
    return least;
"#;

#[test]
fn it_reads_in_light_and_dark_and_fits_a_phone() {
    let browser = Browser::start();
    let page = written("report.html", &with_everything("", "").exported(Format::Html));
    browser.open(&page.path);
    for scheme in ["light", "dark"] {
        let wanted = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", &wanted);
        let least = browser.run(CONTRAST);
        // WCAG 2.2, 1.4.3: 4.5 for text.
        assert!(least[0].as_f64().unwrap() >= 4.5 && least[0].as_f64().unwrap() < 22.0, "{scheme}: {least}");
    }
    for width in [1_200, 400, 320] {
        let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": true });
        browser.devtools("Emulation.setDeviceMetricsOverride", &size);
        assert_eq!(browser.run("return document.documentElement.scrollWidth <= innerWidth"), true, "{width}");
        assert_eq!(browser.run("return innerWidth"), width);
    }
}
