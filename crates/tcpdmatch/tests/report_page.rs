//! `--report`: the page is HTML that a strict parser takes without a word, says what `--who` says, is safe whatever a table
//! has in it, and lies in a file that took the place of nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use scraper::{ElementRef, Html, Selector};
use test_kit::{Run, Scratch, corpus, run, skip_always};

const ALLOW: &str = "\
# who may come in
sshd: 192.0.2.0/24 [2001:db8::]/32
sshd: .example.org
in.fingerd: 203.0.113.7 : twist /bin/echo \"no\"
ALL: 127.
";
const DENY: &str = "ALL: ALL\n";

/// Elements of a page. None of them loads or runs anything.
const ELEMENTS: &str = "a aside b body br caption circle code dd defs div dl dt figcaption figure footer h1 h2 h3 head header html li \
    main meta nav ol p path pattern rect section span style svg table tbody td text th thead title tr ul";

fn scratch(allow: impl AsRef<[u8]>, deny: impl AsRef<[u8]>) -> Scratch {
    let scratch = Scratch::new();
    scratch.file("hosts.allow", allow);
    scratch.file("hosts.deny", deny);
    scratch
}

fn ask(scratch: &Scratch, arguments: &[impl AsRef<OsStr>]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpdmatch"));
    run(command
        .current_dir(scratch.path())
        .args(["-i", "/dev/null"])
        .args(arguments))
}

/// The page for the tables of a folder.
fn page(scratch: &Scratch, arguments: &[&str]) -> String {
    let run = ask(scratch, &[arguments, &["--report", "-"]].concat());
    assert_eq!((run.status, &*run.stderr), (Some(0), ""));
    run.stdout
}

fn all<'p>(page: &'p Html, selector: &str) -> Vec<ElementRef<'p>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// What holds for each page.
fn check(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert_eq!(html.errors, Vec::<String>::new());
    let allowed: BTreeSet<&str> = ELEMENTS.split_whitespace().collect();
    let mut ids = BTreeSet::new();
    let mut links = BTreeSet::new();
    for element in all(&html, "*") {
        let element = element.value();
        assert!(allowed.contains(element.name()), "{element:?}");
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on") && name != "src", "{element:?}");
            match name {
                "id" => assert!(ids.insert(value), "twice: {value}"),
                "href" => drop(links.insert(value.strip_prefix('#').unwrap())),
                "style" => panic!("{element:?}"),
                _ => {}
            }
        }
    }
    for link in links {
        assert!(ids.contains(link), "{link} leads nowhere");
    }
    assert_eq!(all(&html, "h1").len(), 1);
    let mut level = 1;
    for heading in all(&html, "h1, h2, h3") {
        let next: i32 = heading.value().name()[1..].parse().unwrap();
        assert!(next <= level + 1 && !text(heading).is_empty());
        level = next;
    }
    assert_eq!(
        all(&html, "table").len(),
        all(&html, "table > caption").len()
    );
    for map in all(&html, "svg:not([aria-hidden])") {
        assert_eq!(map.attr("role"), Some("img"));
        assert!(
            map.attr("aria-labelledby")
                .is_some_and(|label| ids.contains(label))
        );
    }
    assert!(
        all(&html, "th")
            .iter()
            .all(|head| head.attr("scope").is_some())
    );
    assert_eq!(all(&html, "html")[0].attr("lang"), Some("en"));
    let policy = all(&html, "meta[http-equiv=Content-Security-Policy]");
    assert!(
        policy[0]
            .attr("content")
            .unwrap()
            .starts_with("default-src 'none';")
    );
    assert!(
        page.chars()
            .all(|letter| letter == '\n' || !letter.is_control())
    );
    html
}

/// The row of a network: its id.
fn row_of(html: &Html, section: &str, network: &str) -> String {
    let nets = Selector::parse(".nets code").unwrap();
    let rows = all(html, &format!("tr[id^={section}r]"));
    let mut rows = rows
        .iter()
        .filter(|row| row.select(&nets).any(|shown| text(shown) == network));
    rows.next().unwrap().attr("id").unwrap().to_owned()
}

#[test]
fn networks_and_rules_lead_to_each_other() {
    let html = check(&page(&scratch(ALLOW, DENY), &["-d"]));
    let headings: Vec<_> = all(&html, "main h2").into_iter().map(text).collect();
    assert_eq!(
        headings,
        ["Overview", "in.fingerd", "sshd", "any other daemon (as z)"]
    );
    for (section, network, lines) in [
        ("s1", "192.0.2.0/24", &["#t0l2"][..]),
        ("s1", "2001:db8::/32", &["#t0l2"]),
        ("s1", "127.0.0.0/8", &["#t0l3", "#t0l5"]),
        ("s0", "203.0.113.7", &["#t0l4"]),
    ] {
        let row = row_of(&html, section, network);
        let rules: Vec<_> = all(&html, &format!("#{row} a.rule"));
        let rules: Vec<_> = rules
            .iter()
            .map(|link| link.attr("href").unwrap())
            .collect();
        assert_eq!(rules, lines, "{network}");
        for line in lines {
            let back = all(&html, &format!("{line} a[href=\"#{row}\"]"));
            assert_eq!(back.len(), 1, "{line} {row}");
        }
    }
    // The line is there as it stands in the table.
    assert!(text(all(&html, "#t0l2")[0]).contains("sshd: 192.0.2.0/24 [2001:db8::]/32"));
    assert_eq!(all(&html, "#t0l1 a").len(), 0);
}

#[test]
fn the_map_shows_where_networks_differ() {
    let html = check(&page(&scratch(ALLOW, DENY), &["-d", "sshd"]));
    let titles: Vec<_> = all(&html, "#s0m0 a title").into_iter().map(text).collect();
    assert_eq!(
        titles,
        [
            "127.0.0.0/8: Granted",
            "192.0.0.0/8: It depends, else denied, parts of it: Granted"
        ]
    );
    let closer: Vec<_> = all(&html, ".closer figcaption")
        .into_iter()
        .map(text)
        .collect();
    assert_eq!(closer, ["192.0.0.0/16, by /24"]);
    assert_eq!(
        all(&html, "#s0m1 a title")
            .into_iter()
            .map(text)
            .collect::<Vec<_>>(),
        ["192.0.2.0/24: Granted"]
    );
    assert_eq!(all(&html, "#s0m0 a[href=\"#s0m1\"]").len(), 1);
    let sizes: Vec<_> = all(&html, ".legend dd").into_iter().map(text).collect();
    assert_eq!(sizes, ["16,777,472 (0.3 %)", "4,278,189,824 (99.6 %)"]);
}

/// The page has each network of `--who`, with its verdict.
#[test]
fn the_page_says_what_who_says() {
    for (allow, deny) in [
        (ALLOW, DENY),
        ("", ""),
        (
            "sshd: 10.0.0.0/255.0.0.3 EXCEPT 10.1.\n",
            "ALL: 192.0.2. EXCEPT a@ALL\n",
        ),
        (
            "sshd: ALL EXCEPT .evil.example [::1]\n",
            "ALL: PARANOID\nsshd: ALL\n",
        ),
        (
            "sshd: 1.2.3.4 : aclexec /bin/true\n",
            "ALL: ALL@[fe80::1%2]\nALL: fe80::\n",
        ),
    ] {
        let scratch = scratch(allow, deny);
        let html = check(&page(&scratch, &["-d", "sshd"]));
        let who = ask(&scratch, &["-d", "--who", "--format", "json", "sshd"]).stdout;
        let who: serde_json::Value = serde_json::from_str(&who).unwrap();
        let mut verdicts: BTreeMap<String, String> = BTreeMap::new();
        for range in who["ranges"].as_array().unwrap() {
            let net = range["net"].as_str().unwrap();
            let single = net.strip_suffix(if net.contains(':') { "/128" } else { "/32" });
            let decisions = range["decisions"].as_array().unwrap();
            let last = decisions.last().unwrap();
            let mut rules: Vec<_> = decisions
                .iter()
                .map(|one| one["rule"].as_str().unwrap_or("no rule matches"))
                .collect();
            rules.sort_unstable();
            let said = format!("{} {}", last["verdict"].as_str().unwrap(), rules.join(" "));
            verdicts.insert(single.unwrap_or(net).to_owned(), said);
        }
        for row in all(&html, "tr[id^=s0r]") {
            let select = |selector: &str| {
                row.select(&Selector::parse(selector).unwrap())
                    .map(text)
                    .collect::<Vec<_>>()
            };
            let mut rules = select("a.rule");
            let whole = text(row);
            if whole.contains("no rule matches") {
                rules.push("no rule matches".to_owned());
            }
            rules.sort();
            let heading = select("th")[0].trim().to_lowercase();
            let last = heading
                .rsplit(' ')
                .next()
                .unwrap()
                .replace("served", "granted");
            for net in select(".nets code") {
                assert_eq!(
                    verdicts.remove(&net),
                    Some(format!("{last} {}", rules.join(" "))),
                    "{net} {allow}"
                );
            }
            // What is told as all others has to be so too.
            for (family, dot) in [(2, true), (3, false)] {
                let field = select(&format!("td:nth-child({})", family + 1));
                if field[0].starts_with("all") {
                    verdicts.retain(|net, said| {
                        net.contains('.') != dot || *said != format!("{last} {}", rules.join(" "))
                    });
                }
            }
        }
        assert!(verdicts.is_empty(), "{allow}: {verdicts:?}");
    }
}

#[test]
fn no_table_puts_anything_into_the_page() {
    let traps: [&[u8]; 8] = [
        b"</style><script>alert(1)</script>",
        b"\"><img\tsrc=x\tonerror=alert(1)>",
        b"--><!--</title></table></code>&lt;&#60;&amp",
        b"javascript:alert(1)",
        "a\u{202e}b\u{200b}c\u{2066}d\u{feff}".as_bytes(),
        b"\xff\xfe\x00\x1b[31m\x7f",
        "\u{85}\u{ad}\u{fffe}\u{e0041}".as_bytes(),
        b"<svg/onload=alert(1)>'",
    ];
    let mut allow = Vec::new();
    for trap in traps {
        for rule in [
            &b"sshd: %\n"[..],
            b"%: ALL\n",
            b"sshd: ALL@%: twist %\n",
            b"sshd@%: 10.: banners %\n",
            b"#%\n",
        ] {
            for byte in rule {
                match byte {
                    b'%' => allow.extend(trap),
                    other => allow.push(*other),
                }
            }
        }
    }
    let scratch = scratch(&allow, "ALL: ALL\n");
    let strange = OsStr::from_bytes(b"<script>\xff\n\"'");
    fs::copy(
        scratch.path().join("hosts.allow"),
        scratch.path().join(strange),
    )
    .unwrap();
    let mut pages = vec![
        page(&scratch, &["-d"]),
        page(&scratch, &["-d", "<b>&\u{202e}@<i>\""]),
    ];
    let tables = [
        "--tables".as_ref(),
        strange,
        "hosts.deny".as_ref(),
        "--report".as_ref(),
        "-".as_ref(),
    ];
    let run = ask(&scratch, &tables);
    assert_eq!(run.status, Some(0));
    pages.push(run.stdout);
    for page in pages {
        let html = check(&page);
        assert!(
            all(&html, "code")
                .into_iter()
                .any(|code| text(code).contains("</style><script>alert(1)</script>"))
        );
        for hidden in [
            "\u{202e}",
            "\u{200b}",
            "\u{2066}",
            "\u{feff}",
            "\u{ad}",
            "\u{e0041}",
        ] {
            assert!(!page.contains(hidden));
        }
        assert!(page.contains("a\\342\\200\\256b\\342\\200\\213c") && page.contains("\\377\\376"));
    }
}

#[test]
fn what_is_in_error_is_said_first() {
    let scratch = scratch(
        "sshd: 10.\nsshd: /etc/shadow/x /etc\n",
        "ALL: 192.0.2.\nALL: ALL",
    );
    let html = check(&page(&scratch, &["-d", "sshd"]));
    assert_eq!(text(all(&html, "main h2")[0]), "In error");
    let said: Vec<_> = all(&html, ".errors li").into_iter().map(text).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("hosts.deny, line 2: "), "{said:?}");
    let good = check(&page(&self::scratch(ALLOW, DENY), &["-d"]));
    assert!(all(&good, ".errors").is_empty());
}

/// What does not fit is counted, and the page stays small.
#[test]
fn a_large_table_makes_no_large_page() {
    let mut many = String::new();
    for number in 0..3000_u32 {
        many += &format!(
            "sshd: 10.{0}.{1}.1 {1}.{0}.1.1\n",
            number >> 8,
            number & 255
        );
    }
    many += &format!("sshd: {}\n", "x".repeat(2000));
    let page = page(&scratch(&many, DENY), &["-d", "sshd"]);
    assert!(page.len() < 3_000_000, "{}", page.len());
    let html = check(&page);
    says(&html, "There is no room for 2,801 rows more");
    says(&html, "There is no room for a closer view of ");
    says(&html, "Of 3,001 lines, the ");
}

/// Whether the page says what it leaves out.
fn says(html: &Html, words: &str) {
    let said: Vec<_> = all(html, ".more").into_iter().map(text).collect();
    assert!(
        said.iter().any(|said| said.contains(words)),
        "{words}: {said:?}"
    );
}

#[test]
fn many_daemons_make_no_large_page() {
    let rules = (0..400).map(|number| format!("d{number}: 192.0.2.{}\n", number % 256));
    let page = page(&scratch(rules.collect::<String>(), DENY), &["-d"]);
    assert!(page.len() < 6_000_000, "{}", page.len());
    let html = check(&page);
    says(&html, "There is no room for 101 daemons more");
    says(&html, "There is no room for a map.");
    says(&html, "and others");
}

#[test]
fn the_file_takes_the_place_of_a_report_only() {
    let scratch = scratch(ALLOW, DENY);
    let path = |name: &str| scratch.path().join(name);
    let report = |file: &str| ask(&scratch, &["-d", "--report", file]);
    let left = || fs::read_dir(scratch.path()).unwrap().count();
    let made = report("page.html");
    assert_eq!(
        (made.status, &*made.stdout, &*made.stderr),
        (Some(0), "", "")
    );
    check(&fs::read_to_string(path("page.html")).unwrap());
    let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("page.html"), 0o600);
    // A report is replaced by a new file, which is as readable.
    fs::set_permissions(path("page.html"), fs::Permissions::from_mode(0o664)).unwrap();
    let before = fs::metadata(path("page.html")).unwrap().ino();
    fs::hard_link(path("page.html"), path("kept")).unwrap();
    assert_eq!(report("page.html").status, Some(0));
    assert_ne!(fs::metadata(path("page.html")).unwrap().ino(), before);
    assert_eq!(mode("page.html"), 0o644);
    // Nothing else is.
    scratch.file("empty", "");
    symlink("hosts.allow", path("link")).unwrap();
    symlink("page.html", path("link-to-a-report")).unwrap();
    symlink("nowhere", path("broken")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    let count = left();
    for (file, why) in [
        ("hosts.allow", "it is there already, and is no report"),
        ("hosts.deny", "it is there already, and is no report"),
        ("empty", "it is there already, and is no report"),
        ("link", "it is there already, and is no report"),
        ("link-to-a-report", "it is there already, and is no report"),
        ("broken", "it is there already, and is no report"),
        ("folder", "it is there already, and is no report"),
        ("/dev/null", "it is there already, and is no report"),
        ("missing/page.html", "No such file or directory"),
        ("hosts.allow/page.html", "Not a directory"),
    ] {
        let run = report(file);
        assert_eq!((run.status, &*run.stdout), (Some(1), ""), "{file}");
        assert_eq!(run.stderr, format!("write {file}: {why}\n"));
    }
    assert_eq!(left(), count);
    assert_eq!(fs::read_to_string(path("hosts.allow")).unwrap(), ALLOW);
    assert!(!path("nowhere").exists());
}

/// How bright a colour is, as WCAG 2 has it.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

/// Text can be read on what it stands, in light, in dark and on paper.
#[test]
fn contrasts_are_enough() {
    let html = check(&page(&scratch("", ""), &["-d"]));
    let style = text(all(&html, "style")[0]);
    let blocks: Vec<_> = style
        .split(":root {")
        .skip(1)
        .map(|block| block.split('}').next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        let colour = |name: &str| {
            let (_, after) = block.split_once(&format!("--{name}: ")).unwrap();
            luminance(&after[..7])
        };
        for (ink, grounds) in [
            (
                "ink",
                &[
                    "ground",
                    "raised",
                    "target",
                    "error-ground",
                    "else-denied-ground",
                    "else-served-ground",
                    "delegated-ground",
                ][..],
            ),
            ("quiet", &["ground", "raised", "error-ground"]),
            ("link", &["ground", "raised", "target"]),
            ("error", &["error-ground"]),
            ("on-granted", &["granted"]),
            (
                "on-denied",
                &[
                    "denied",
                    "else-denied-ground",
                    "else-served-ground",
                    "delegated-ground",
                ],
            ),
        ] {
            for ground in grounds {
                let (one, two) = (colour(ink), colour(ground));
                let ratio = (one.max(two) + 0.05) / (one.min(two) + 0.05);
                assert!(ratio >= 4.5, "{ink} on {ground}: {ratio}");
            }
        }
    }
}

/// Makes a page for each pair of tables below a folder; how many there were.
fn pages_below(root: &Path) -> usize {
    let mut made = 0;
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let tables = ["hosts.allow", "hosts.deny"].map(|name| folder.join(name));
        if !tables.iter().any(|table| table.exists()) {
            continue;
        }
        let tables = tables.map(|table| {
            if table.exists() {
                table.to_str().unwrap().to_owned()
            } else {
                "/dev/null".to_owned()
            }
        });
        // A tree without daemons: what else this machine has is no part of it.
        let scratch = Scratch::new();
        let root = scratch.path().to_str().unwrap();
        check(&page(
            &scratch,
            &["--root", root, "--tables", &tables[0], &tables[1]],
        ));
        made += 1;
    }
    made
}

#[test]
fn the_examples_have_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    assert!(pages_below(&root) > 3);
}

#[test]
fn real_tables_have_pages() {
    match corpus() {
        Some(folder) => assert!(pages_below(&folder) > 50),
        None => skip_always(
            "real_tables_have_pages",
            "the folder of real tables beside the project",
        ),
    }
}
