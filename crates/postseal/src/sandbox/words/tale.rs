use crate::words::Lang;

/// What is told of a chapter, in each language.
pub(in crate::sandbox) struct Tale {
    pub(in crate::sandbox) title: Both,
    /// Why.
    pub(in crate::sandbox) story: Both,
    /// One for each goal of the chapter, in their order.
    pub(in crate::sandbox) steps: &'static [Both],
    /// What to look at when it is done.
    pub(in crate::sandbox) see: Both,
}

/// A text in English and in Japanese.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct Both(&'static str, &'static str);

impl Both {
    pub(in crate::sandbox) fn text(self, lang: Lang) -> &'static str {
        lang.pick(self.0, self.1)
    }
}

/// The last page.
pub(in crate::sandbox) const END: Both = Both(
    "You have seen each record at work. For a domain of your own it is the same way: look first, change one thing, look again.",
    "それぞれのレコードの働きをひととおり確認できました。自分のドメインでも進め方は同じです。まず調べ、1 つ変更し、もう一度調べます。",
);

const SEND: Both =
    Both("Press [[Send]] on the card [[YourServer]].", "カード「[[YourServer]]」の [[Send]] を押します。");
const FORGE: Both = Both(
    "Press [[SendForged]] on the card [[Impostor]].",
    "カード「[[Impostor]]」の [[SendForged]] を押します。",
);
const FORWARD: Both = Both(
    "Press [[SendForwarded]] on the card [[YourServer]].",
    "カード「[[YourServer]]」の [[SendForwarded]] を押します。",
);
const ENABLE: Both = Both(
    "Press [[Enable]] on the card [[YourServer]].",
    "カード「[[YourServer]]」の [[Enable]] を押します。",
);
const HONOUR: Both = Both(
    "Change Fabrikam's mind back: open [[ReceiverPolicy]] on the card [[Fabrikam]], choose [[PolicyHonour]] and press [[SavePolicy]].",
    "Fabrikam の設定を元に戻します。カード「[[Fabrikam]]」の [[ReceiverPolicy]] を開き、[[PolicyHonour]] を選んで [[SavePolicy]] を押します。",
);
const ADD: Both = Both(
    "Open [[DnsRecords]] on the card [[YourDns]], fill in this record and press [[AddRecord]].",
    "カード「[[YourDns]]」の [[DnsRecords]] を開き、次のレコードを入力して [[AddRecord]] を押します。",
);
const CHANGE_DMARC: Both = Both(
    "Open [[DnsRecords]] on the card [[YourDns]]. Press [[Remove]] beside the old `_dmarc` record, then fill in this one and press [[AddRecord]].",
    "カード「[[YourDns]]」の [[DnsRecords]] を開きます。古い `_dmarc` レコードの横の [[Remove]] を押してから、次のレコードを入力して [[AddRecord]] を押します。",
);

/// Chapters 1 to 12.
pub(in crate::sandbox) static TALES: [Tale; 12] = [
    Tale {
        title: Both("Nothing registered", "何も登録されていない状態"),
        story: Both(
            "contoso.example sends mail, and its DNS says nothing about who may. Fabrikam cannot tell Anne from somebody who only writes her name. A lenient receiver takes mail of both; a strict one refuses both.",
            "contoso.example はメールを送信していますが、誰が送ってよいのかを DNS で示していません。Fabrikam には、本物の Anne と、Anne を名乗るだけの人を見分ける手がかりがありません。寛容な受信サーバーはどちらも受け取り、厳格な受信サーバーはどちらも拒否します。",
        ),
        steps: &[
            SEND,
            FORGE,
            Both(
                "Make Fabrikam strict: open [[ReceiverPolicy]] on the card [[Fabrikam]], choose [[PolicyStrict]] and press [[SavePolicy]].",
                "Fabrikam を厳格にします。カード「[[Fabrikam]]」の [[ReceiverPolicy]] を開き、[[PolicyStrict]] を選んで [[SavePolicy]] を押します。",
            ),
            Both(
                "Send once more: press [[Send]] on the card [[YourServer]].",
                "もう一度送ります。カード「[[YourServer]]」の [[Send]] を押します。",
            ),
            HONOUR,
        ],
        see: Both(
            "The first two lines on the wire look the same: none, none, none. The third was Anne's own, and it came back.",
            "最初の 2 通は、SPF・DKIM・DMARC の結果がすべて none で区別がつきません。3 通目は Anne 本人のメールなのに、送り返されました。",
        ),
    },
    Tale {
        title: Both("SPF", "SPF"),
        story: Both(
            "SPF is one TXT record that names the servers which send for the domain. Here it includes those of the provider, and `-all` says that nobody else does.",
            "SPF は、ドメインのメールを送信するサーバーを示す 1 つの TXT レコードです。ここではプロバイダーのサーバーを include で指定し、`-all` でそれ以外は送信しないことを示します。",
        ),
        steps: &[ADD, SEND, FORGE],
        see: Both(
            "Anne's message has spf=pass, the forged one spf=fail. Both were delivered: no policy says yet what a failure should mean.",
            "Anne のメールは spf=pass、なりすましは spf=fail になりました。それでもどちらも配信されます。失敗したメールをどう扱うかのポリシーが、まだないからです。",
        ),
    },
    Tale {
        title: Both("DKIM: the CNAMEs", "DKIM: 2 つの CNAME"),
        story: Both(
            "A DKIM signature travels with the message, so it survives where SPF does not. The key is looked up at a name below your domain. You register two CNAMEs, once; the keys behind them change without you.",
            "DKIM 署名はメールと一緒に運ばれるため、SPF が効かない場面でも有効です。鍵は、あなたのドメインの下にある名前で検索されます。登録するのは 2 つの CNAME だけ、しかも一度きりです。その先の鍵は自動的に入れ替わります。",
        ),
        steps: &[Both(
            "Ask which names to register: press [[ShowCnames]] on the card [[YourServer]].",
            "登録する名前を調べます。カード「[[YourServer]]」の [[ShowCnames]] を押します。",
        )],
        see: Both(
            "Each CNAME leads from a name in your domain to a name at the provider. Do not register them yet: the next chapter shows what happens without.",
            "どちらの CNAME も、あなたのドメインの名前からプロバイダー側の名前を指します。まだ登録しないでください。次の章で、登録前に有効にするとどうなるかを確かめます。",
        ),
    },
    Tale {
        title: Both("Too early", "早すぎる有効化"),
        story: Both(
            "What if signing is enabled before the world can see the keys? Every signature would fail. So Postseal looks first, and says what it found.",
            "鍵が外から見える前に署名を有効にすると、どうなるでしょうか。署名はすべて検証に失敗してしまいます。そこで Postseal はまず DNS を確認し、見つかったものを知らせます。",
        ),
        steps: &[ENABLE, SEND],
        see: Both(
            "The keys are made, and nothing is signed: dkim=none. The warning named what each name server answers now.",
            "鍵は作成されましたが、署名はされていません(dkim=none)。警告には、各 DNS サーバーが今何と答えているかが示されました。",
        ),
    },
    Tale {
        title: Both("Signing", "署名の開始"),
        story: Both(
            "Now the two CNAMEs. Type them as at any registrar; a mistake is no harm here, and the DNS host will say what it noticed.",
            "いよいよ 2 つの CNAME を登録します。ふだん使う管理画面と同じように入力してください。間違えても大丈夫です。気づいた点があれば画面に表示されます。",
        ),
        steps: &[
            ADD,
            Both(
                "And the second one: open [[DnsRecords]] on the card [[YourDns]], fill in this record and press [[AddRecord]].",
                "2 つ目も登録します。カード「[[YourDns]]」の [[DnsRecords]] を開き、次のレコードを入力して [[AddRecord]] を押します。",
            ),
            ENABLE,
            SEND,
            Both(
                "On [[Wire]], press [[OpenMessage]] beside the newest line.",
                "「[[Wire]]」で、いちばん新しい行の [[OpenMessage]] を押します。",
            ),
        ],
        see: Both(
            "The raw headers have a DKIM-Signature field with d=contoso.example, and Fabrikam wrote dkim=pass. Its DNS questions show how it followed your CNAME to the key.",
            "ヘッダー全体に d=contoso.example の DKIM-Signature フィールドがあり、Fabrikam は dkim=pass と記録しました。DNS 問い合わせを見ると、CNAME をたどって鍵に行き着いたことがわかります。",
        ),
    },
    Tale {
        title: Both("Forwarded", "転送されたメール"),
        story: Both(
            "Ken still has an address at his old school, alumni.example, which forwards everything to Fabrikam. To Fabrikam, the mail then comes from a server that your SPF record does not name.",
            "Ken は母校 alumni.example のアドレスも使っていて、届いたメールはすべて Fabrikam に転送されます。Fabrikam から見ると、あなたの SPF レコードに書かれていないサーバーからメールが届くことになります。",
        ),
        steps: &[FORWARD],
        see: Both(
            "spf=fail, dkim=pass: the signature came along unharmed. This is why SPF alone is not enough.",
            "spf=fail、dkim=pass。署名は無傷のまま届きました。SPF だけでは足りない理由がここにあります。",
        ),
    },
    Tale {
        title: Both("DMARC none", "DMARC: なし(p=none)"),
        story: Both(
            "DMARC ties both to the address that people see: SPF or DKIM must pass for the domain in From. `p=none` asks for nothing yet but lets you watch.",
            "DMARC は、SPF と DKIM を、受信者の目に見える差出人(From)アドレスに結び付けます。From のドメインで SPF か DKIM のどちらかが合格する必要があります。`p=none` はまだ何も要求せず、様子を見るためのポリシーです。",
        ),
        steps: &[ADD, SEND, FORGE],
        see: Both(
            "dmarc=pass for Anne, dmarc=fail for the impostor; both delivered, and counted.",
            "Anne のメールは dmarc=pass、なりすましは dmarc=fail です。どちらも配信され、結果だけが記録されます。",
        ),
    },
    Tale {
        title: Both("quarantine", "検疫(p=quarantine)"),
        story: Both(
            "Everything that is yours passes. So the policy can be firmer: what fails is to be set aside.",
            "あなたのメールはすべて合格しています。そこでポリシーを一段強め、失敗したメールを検疫するよう求めます。",
        ),
        steps: &[CHANGE_DMARC, FORGE, SEND],
        see: Both(
            "The forged message is in Fabrikam's quarantine, Anne's in the inbox.",
            "なりすましメールは Fabrikam の検疫に入り、Anne のメールは受信トレイに届きました。",
        ),
    },
    Tale {
        title: Both("reject", "拒否(p=reject)"),
        story: Both(
            "The last step: what fails is refused while it is being sent. Forwarded mail still arrives, because the signature passes.",
            "最後の段階です。失敗したメールは、送信されている最中に拒否されます。転送されたメールは署名が合格するので、これまでどおり届きます。",
        ),
        steps: &[CHANGE_DMARC, FORGE, FORWARD],
        see: Both(
            "The impostor was told 550 5.7.1 and why. Nobody at Fabrikam ever saw the message.",
            "なりすまし犯には、550 5.7.1 と理由が返されました。Fabrikam の誰の目にも、そのメールは触れていません。",
        ),
    },
    Tale {
        title: Both("The receiver decides", "決めるのは受信側"),
        story: Both(
            "A DMARC policy is a request. Each receiver decides for itself: some quarantine what they are asked to reject, some take everything.",
            "DMARC のポリシーは要望にすぎません。最終的に決めるのは受信側です。拒否を求められても検疫にとどめるところもあれば、すべて受け取るところもあります。",
        ),
        steps: &[
            Both(
                "Open [[ReceiverPolicy]] on the card [[Fabrikam]], choose [[PolicyQuarantine]] and press [[SavePolicy]].",
                "カード「[[Fabrikam]]」の [[ReceiverPolicy]] を開き、[[PolicyQuarantine]] を選んで [[SavePolicy]] を押します。",
            ),
            FORGE,
            Both(
                "Open [[ReceiverPolicy]] on the card [[Fabrikam]], choose [[PolicyLenient]] and press [[SavePolicy]].",
                "カード「[[Fabrikam]]」の [[ReceiverPolicy]] を開き、[[PolicyLenient]] を選んで [[SavePolicy]] を押します。",
            ),
            FORGE,
            HONOUR,
        ],
        see: Both(
            "Each time the same forged message and the same verdict, dmarc=fail; only what Fabrikam made of it differs.",
            "同じなりすましメールで、判定も同じ dmarc=fail です。違ったのは、Fabrikam がそれをどう扱ったかだけです。",
        ),
    },
    Tale {
        title: Both("Rotation", "鍵のローテーション"),
        story: Both(
            "Keys should change now and then. The second key has been visible from the beginning; it takes over once the world has been able to see it for four days. You can make those days pass.",
            "鍵はときどき入れ替えるべきです。2 つ目の鍵は最初から公開されていて、4 日間公開されてから署名を引き継ぎます。ここでは、その 4 日間をすぐに進められます。",
        ),
        steps: &[
            Both(
                "Press [[Rotate]] on the card [[YourServer]].",
                "カード「[[YourServer]]」の [[Rotate]] を押します。",
            ),
            Both(
                "Press [[MoveTime]] on the card [[YourServer]].",
                "カード「[[YourServer]]」の [[MoveTime]] を押します。",
            ),
            SEND,
        ],
        see: Both(
            "The signature now says s=selector2. Your records stayed as they were, and nobody had to do anything.",
            "署名が s=selector2 に変わりました。レコードはそのままで、誰も何もする必要がありませんでした。",
        ),
    },
    Tale {
        title: Both("A bounce explained", "配信不能通知を読み解く"),
        story: Both(
            "Somebody switches signing off, and a forwarded message comes back. The bounce says why, if one can read it.",
            "誰かが署名を無効にしたために、転送されたメールが戻ってきました。理由は配信不能通知(NDR)に書かれています。あとは読み方だけです。",
        ),
        steps: &[
            Both(
                "Press [[Disable]] on the card [[YourServer]].",
                "カード「[[YourServer]]」の [[Disable]] を押します。",
            ),
            FORWARD,
            Both(
                "On [[Wire]], press [[OpenMessage]] beside the newest line; there, press [[ExplainBounce]].",
                "「[[Wire]]」で、いちばん新しい行の [[OpenMessage]] を押し、開いたページで [[ExplainBounce]] を押します。",
            ),
            ENABLE,
            FORWARD,
        ],
        see: Both(
            "The same message, signed again, arrives. You have walked the whole way.",
            "署名を有効に戻すと、同じ宛先のメールが届きました。これですべての章が完了です。",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::*;
    use crate::sandbox::chapters::CHAPTERS;

    #[test]
    fn each_goal_has_its_words_and_each_label_exists() {
        for (chapter, tale) in CHAPTERS.iter().zip(&TALES) {
            assert_eq!(chapter.goals.len(), tale.steps.len(), "{}", tale.title.text(Lang::En));
            for lang in [Lang::En, Lang::Ja] {
                let texts = tale.steps.iter().chain([&tale.story, &tale.see]).map(|both| both.text(lang));
                for text in texts {
                    for named in text.split("[[").skip(1) {
                        let name = named.split("]]").next().unwrap_or_default();
                        assert!(Label::of_name(name).is_some(), "{name}");
                    }
                }
            }
        }
    }
}
