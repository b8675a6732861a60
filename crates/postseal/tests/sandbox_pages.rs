//! The sandbox's pages, by somebody who reads the guide and does what it says: buttons, links and fields are found by
//! their visible names, in both languages. And by somebody who should not be there.

mod sandbox_pages {
    pub(crate) mod browser;
    pub(crate) mod html;
}

use sandbox_pages::browser::{self, Browser, Sandbox};
use sandbox_pages::html::{Html, text_of};

/// Does the step that is to be done now, by the words of the guide alone.
fn do_step(browser: &mut Browser) {
    browser.get("/");
    let step = browser.page.between("aria-current=\"step\"", "</li>").expect("a step to do");
    let record = step.definitions();
    // The names of the cards say where to look, and are not pressed.
    let cards = browser.page.headings();
    let words = Html::new(step.text.split("<dl").next().unwrap_or_default());
    let marked = |from: &str, to: &str| -> Vec<String> {
        words.all_between(from, to).iter().map(|text| text_of(text)).collect()
    };
    let beside = marked("<code>", "</code>");
    for label in marked("<strong class=\"ui\">", "</strong>") {
        if !cards.contains(&label) {
            browser.follow(&label, &record, &beside);
        }
    }
}

/// The number of steps of the chapter under way that are done, and of all.
fn progress(browser: &mut Browser) -> (usize, usize) {
    browser.get("/");
    let steps = browser.page.between("<ol class=\"steps\">", "</ol>").expect("steps");
    (steps.text.matches("<li class=\"done\"").count(), steps.text.matches("<li class=").count())
}

fn walk(lang: &str, next_chapter: &str, end: &str) {
    let sandbox = Sandbox::start(lang);
    let mut browser = sandbox.enter(lang);
    for chapter in 1..=12 {
        let (done, all) = progress(&mut browser);
        assert_eq!(done, 0, "chapter {chapter}");
        for step in 1..=all {
            do_step(&mut browser);
            let page = text_of(&browser.page.text);
            assert_eq!(progress(&mut browser), (step, all), "chapter {chapter}, step {step}: {page}");
        }
        if chapter < 12 {
            browser.follow(next_chapter, &[], &[]);
        }
    }
    browser.get("/");
    browser.follow(end, &[], &[]);
    assert!(browser.page.text.contains("postseal check example.com"), "{}", browser.page.text);
    sandbox.ends_and_leaves_nothing();
}

#[test]
fn the_guide_leads_through_all_chapters_in_english() {
    walk("en", "Next chapter", "Do this for your own domain");
}

#[test]
fn the_guide_leads_through_all_chapters_in_japanese() {
    walk("ja", "次の章へ", "自分のドメインで始める");
}

#[test]
fn each_chapter_can_be_started_from_anywhere_and_done_by_its_button() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    for chapter in [12, 5, 11, 1] {
        browser.get(&format!("/chapter/{chapter}"));
        let label = if chapter == 1 && progress_text(&browser) {
            "Start this chapter over"
        } else {
            "Start this chapter"
        };
        browser.follow(label, &[], &[]);
        let (done, all) = progress(&mut browser);
        assert_eq!(done, 0, "chapter {chapter}");
        for step in 1..=all {
            browser.get("/");
            browser.follow("Do this step for me", &[], &[]);
            assert_eq!(progress(&mut browser), (step, all), "chapter {chapter}, step {step}");
        }
    }
    browser.follow("Start this chapter over", &[], &[]);
    assert_eq!(progress(&mut browser).0, 0);
    assert!(browser.page.text.contains("No message has travelled yet"), "undone: {}", browser.page.text);
    sandbox.ends_and_leaves_nothing();
}

fn progress_text(browser: &Browser) -> bool {
    browser.page.text.contains("Start this chapter over")
}

/// Mistakes that people make at DNS hosts are taken, said, and undone.
#[test]
fn mistakes_at_the_dns_host_are_taught() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    let mut add = |kind: &str, host: &str, value: &str, expected: &str| {
        browser.get("/dns");
        let record = [("Type", kind), ("Host name", host), ("Value", value), ("TTL (seconds)", "3600")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        browser.follow("Add record", &record, &[]);
        let said = text_of(&browser.page.between("class=\"notice", "</div>").expect("a notice").text);
        assert!(said.contains(expected), "{host} {value}: {said}");
    };
    add(
        "CNAME",
        "selector1._domainkey.contoso.example",
        "a.keys.example",
        "You probably meant the host name selector1._domainkey",
    );
    add("TXT", "selector2._domainkey", "selector2-contoso-example.keys.example", "choose the type CNAME");
    add("TXT", "@", "\u{201c}v=spf1 -all\u{201d}", "curly quotation marks");
    add("CNAME", "@", "fabrikam.example", "stands alone at its name");
    add("TXT", "_dmarc", "p=none", "begins with v=DMARC1");
    add("TXT", "@", "<script>alert(1)</script>", "registered");
    browser.get("/dns");
    assert!(!browser.page.text.contains("<script>"), "inert");
    let rows = browser.page.text.matches("<tr>").count();
    browser.follow("Undo the last change", &[], &[]);
    assert_eq!(browser.page.text.matches("<tr>").count(), rows - 1);
    sandbox.ends_and_leaves_nothing();
}

#[test]
fn nobody_else_is_let_in() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    let (host, cookie) = (sandbox.host(), browser.cookie.clone());
    let csrf = browser.page.between("name=\"csrf\" value=\"", "\"").expect("a token").text;
    let origin = format!("Origin: http://{host}\r\n");
    let cookie = format!("Cookie: {cookie}\r\n");
    let form = format!("csrf={csrf}&what=direct");
    let post = |host: &str, fields: &str, body: &str| {
        sandbox.raw(&format!(
            "POST /send HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    };
    let get = |host: &str, path: &str, fields: &str| {
        sandbox.raw(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n"))
    };
    let refused = |answer: &str, what: &str| {
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(["403", "421"].contains(&status), "{what}: {answer}");
    };
    for path in ["/", "/dns", "/message/1", "/assets/portal.css", "/enter/", "/enter/0", "/none"] {
        refused(&get(&host, path, ""), path);
    }
    refused(&get(&host, "/", "Cookie: postseal_sandbox=1\r\n"), "another cookie");
    for wrong in ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"] {
        refused(&get(wrong, "/", &cookie), wrong);
    }
    let evil = format!("{cookie}Origin: http://evil.example\r\n");
    refused(&get(&host, "/", &evil), "a page of another site");
    refused(&post(&host, &evil, &form), "a form of another site");
    refused(&post(&host, &format!("{cookie}Origin: null\r\n"), &form), "a form of nobody");
    refused(&post(&host, &cookie, &form), "no Origin");
    refused(&post(&host, &origin, &form), "no cookie");
    refused(&post(&host, &format!("{cookie}{origin}"), "what=direct"), "no csrf");
    refused(&post(&host, &format!("{cookie}{origin}"), "csrf=0&what=direct"), "wrong csrf");
    refused(&post("evil.example", &format!("{cookie}{origin}"), &form), "wrong Host");
    browser.get("/");
    assert!(browser.page.text.contains("No message has travelled yet"), "none of them was done");
    let answer = post(&host, &format!("{cookie}{origin}"), &form);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");

    let answer = get(&host, "/", &cookie).to_ascii_lowercase();
    for field in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
    ] {
        assert!(answer.contains(field), "{field}: {answer}");
    }
    assert!(!answer.contains(" style=") && !answer.contains("<script>"), "nothing that the policy forbids");
    let entry = get(&host, &sandbox.entry(), "").to_ascii_lowercase();
    assert!(entry.contains("httponly") && entry.contains("samesite=strict"), "{entry}");
    sandbox.ends_and_leaves_nothing();
}

/// Every path of the table of pages, asked in each way that must change nothing.
#[test]
fn no_path_changes_anything_without_cookie_origin_and_form_token() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    let (host, cookie) = (sandbox.host(), format!("Cookie: {}\r\n", browser.cookie));
    let csrf = browser.page.between("name=\"csrf\" value=\"", "\"").expect("a token").text;
    let origin = format!("Origin: http://{host}\r\n");
    let table = include_str!("../src/sandbox/pages/mod.rs");
    let rows = || table.lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    let paths: Vec<(String, bool)> = rows()
        .map(|row| {
            let path = row.split('"').next().unwrap_or_default();
            (path.replace("{number}", "1").replace("{name}", "portal.css"), row.contains("post("))
        })
        .collect();
    let posts = paths.iter().filter(|(_, takes)| *takes).count();
    assert_eq!(posts, table.matches("post(deeds::").count(), "{paths:?}");
    browser.get("/dns");
    let record = [("Type", "TXT"), ("Host name", "@"), ("Value", "kept"), ("TTL (seconds)", "3600")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    browser.follow("Add record", &record, &[]);
    let mut state = || {
        let shown = ["/", "/dns", "/policy", "/mailbox"].map(|path| {
            browser.get(path);
            browser.page.text.clone()
        });
        shown.join("\n")
    };
    let _ = state(); // what was said of the record is said once
    let before = state();
    let form = "what=forged&policy=strict&number=1&kind=TXT&host=%40&value=planted&ttl=3600";
    for (path, takes) in &paths {
        let send = |method: &str, fields: &str, body: &str, what: &str, expected: &[&str]| {
            let answer = sandbox.raw(&format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ));
            let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
            assert!(expected.contains(&status.as_str()), "{method} {path}, {what}: {answer}");
        };
        let (whole, refused) = (format!("csrf={csrf}&{form}"), &["403"]);
        send("POST", &format!("{cookie}{origin}"), form, "no token", refused);
        let others = format!("csrf={}&{form}", "0".repeat(csrf.len()));
        send("POST", &format!("{cookie}{origin}"), &others, "another run's token", refused);
        send("POST", &cookie, &whole, "no Origin", refused);
        send(
            "POST",
            &format!("{cookie}Origin: http://evil.example\r\n"),
            &whole,
            "a foreign Origin",
            refused,
        );
        send("POST", &origin, &whole, "no cookie", refused);
        send("PUT", &format!("{cookie}{origin}"), form, "no token", refused);
        let is_page = *path == "/policy" || !takes;
        let there: &[&str] = if is_page { &["200", "404"] } else { &["405"] };
        send("GET", &cookie, "", "a look", there);
    }
    assert_eq!(state(), before, "something was changed");
    sandbox.ends_and_leaves_nothing();
}

/// Every page answers in both languages.
#[test]
fn every_page_is_there_in_both_languages() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    browser.follow("Send a message", &[], &[]);
    for (lang, word) in [("en", "What to do"), ("ja", "やること")] {
        for path in ["/", "/chapter/12", "/dns", "/mailbox", "/policy", "/message/1", "/end"] {
            browser.get(&format!("{path}?lang={lang}"));
            assert!(browser.page.text.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            assert!(browser.page.text.contains(word), "{path} in {lang}");
        }
    }
    for path in ["/chapter/0", "/chapter/13", "/message/99", "/message/1/explain", "/nothing"] {
        browser.get(path);
        assert_eq!(browser.status, 404, "{path}");
    }
    sandbox.ends_and_leaves_nothing();
}

#[test]
fn html_is_read_as_it_is_seen() {
    let html = Html::new(
        "<form action=\"/x\"><input type=\"hidden\" name=\"a\" value=\"1\"><button name=\"b\" value=\"2\">Go &amp; see</button></form>",
    );
    assert!(html.has_button_or_link("Go & see"));
    assert!(!html.has_button_or_link("Go"));
}

/// The mail server's node has its own portal, and the sandbox opens its door once.
#[test]
fn the_portal_of_the_mail_server_is_one_link_away() {
    let sandbox = Sandbox::start("en");
    let mut browser = sandbox.enter("en");
    browser.follow("The portal of your mail server", &[], &[]);
    let link = browser.page.between("target=\"_blank\"", "</a>").expect("a link");
    let url = text_of(&format!("<a {}", link.text));
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    assert_ne!(host, sandbox.host(), "it is the node's own");
    let answer = browser::exchange(
        host,
        &format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
    );
    assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 303"), "{answer}");
    sandbox.ends_and_leaves_nothing();
}
