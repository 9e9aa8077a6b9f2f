package policy

import "drawbridge/internal/caller"

// Compiled is what one caller may do on one server. It is never changed and safe for concurrent use. A
// nil Compiled and the zero one deny everything.
type Compiled struct {
	tools, prompts, resources access
}

// Decide says whether the request that q describes may pass, and in words for the owner which scope or rule said so.
// It allocates nothing, unless a rule that names what q names has a condition, or rules are about resources and q is too.
//
// A list (tools/list and the like) passes when something of its class might; what it shows is to be
// filtered with Shows. tasks/* pass when some tool does: whose task it is, is the bridge's to know.
func (d *Compiled) Decide(q Query) (v Verdict, why string) {
	v, by := d.decide(&q, false)
	return v, by.why
}

// Shows reports whether a list may show what q would use: whether Decide does not deny it, for some arguments at least.
func (d *Compiled) Shows(q Query) bool {
	v, _ := d.decide(&q, true)
	return v != Deny
}

// decide is the one way to a verdict, and what gave it, which is never nil.
func (d *Compiled) decide(q *Query, any bool) (Verdict, *entry) {
	if d == nil {
		return Deny, notGranted
	}
	m := methodOf(q.Method)
	if m.class == Completion {
		m = refMethod(q.Ref)
	}
	switch m.class {
	case Free, Subscriptions:
		if d.ServerVisible() {
			return Allow, serverGranted
		}
		return Deny, notGranted
	}
	a := d.access(m.class)
	switch {
	case a == nil:
		return Deny, unknownMethod
	case m.shape == whole:
		return a.whole()
	case q.Name == "":
		return Deny, unnamed
	case m.class == Resources && !a.all && ambiguous(q.Name):
		return Deny, ambiguousURI
	}
	v, by := a.decide(&lookup{Query: q}, any)
	if m.class == Resources {
		v, by = a.stricter(q, v, by)
	}
	if v == Ask {
		v = asking(q.Method)
	}
	return v, by
}

// asking is what becomes of a request for what is asked about. Nobody is asked at each key that is typed, and a
// subscription tells no more than that there is something new to read.
func asking(method string) Verdict {
	switch method {
	case "completion/complete":
		return Deny
	case "resources/subscribe", "resources/unsubscribe":
		return Allow
	}
	return Ask
}

// AllowsAll reports that Decide answers Allow for every name of class, so that its lists need no
// filtering. false promises nothing.
func (d *Compiled) AllowsAll(class Class) bool {
	if d == nil {
		return false
	}
	switch class {
	case Free, Subscriptions:
		return d.ServerVisible()
	case Completion:
		return d.prompts.all && d.resources.all
	}
	a := d.access(class)
	return a != nil && a.all
}

// ServerVisible reports whether anything of the server may be allowed. An invisible server is to look as if it
// did not exist.
func (d *Compiled) ServerVisible() bool {
	return d != nil && (d.tools.any || d.prompts.any || d.resources.any)
}

func (d *Compiled) access(class Class) *access {
	switch class {
	case Tools:
		return &d.tools
	case Prompts:
		return &d.prompts
	case Resources:
		return &d.resources
	}
	return nil
}

// grant adds what a scope allows: everything, or the tools that it names.
func (d *Compiled) grant(s caller.Scope) {
	if len(s.Tools) == 0 {
		why := "scope " + s.Server
		d.tools.grant(newGlob("*"), why)
		d.prompts.grant(newGlob("*"), why)
		d.resources.grant(newGlob("*"), why)
	}
	for _, tool := range s.Tools {
		d.tools.grant(newGlob(tool), "scope "+s.Server+" tool "+tool)
	}
}

// rule adds a rule to what it is about.
func (d *Compiled) rule(r *ready) {
	for class, a := range [3]*access{&d.tools, &d.prompts, &d.resources} {
		if g := r.of[class]; g.text != "" {
			a.rules.add(entry{g, r.Verdict, r.why, r})
		}
	}
	if r.plain.text != "" {
		d.resources.plain.add(entry{r.plain, r.Verdict, r.why, r})
	}
}

func (d *Compiled) summarize() {
	d.tools.summarize()
	d.prompts.summarize()
	d.resources.summarize()
}

// What decides where no scope and no rule does.
var (
	notGranted    = &entry{why: "no scope of the grant covers it"}
	serverGranted = &entry{why: "the server is granted"}
	unknownMethod = &entry{why: "unknown method"}
	unnamed       = &entry{why: "no name given"}
	ambiguousURI  = &entry{why: "the URI may mean another one: it has . or .. in its path"}
)

// access is the part of a Compiled that one class needs.
type access struct {
	grants table
	rules  table
	plain  table // the rules again, of resources alone, for plainURI
	any    bool  // something may be allowed or asked for
	all    bool  // everything is allowed
}

func (a *access) grant(g glob, why string) { a.grants.add(entry{g, Allow, why, nil}) }

// decide is the one place where a name meets scopes and rules. With any it is what holds for some arguments.
func (a *access) decide(q *lookup, any bool) (Verdict, *entry) {
	by := a.grants.first(q, any)
	if by == nil {
		return Deny, notGranted
	}
	if rule := a.rules.first(q, any); rule != nil {
		by = rule
	}
	return by.verdict, by
}

// stricter is what the rules say of a URI that has got a verdict, or of the same one spelled plainly, whichever lets less pass.
// Rules about resources have no conditions.
func (a *access) stricter(q *Query, v Verdict, by *entry) (Verdict, *entry) {
	if v == Deny || len(a.plain.entries) == 0 {
		return v, by
	}
	plain := *q
	plain.Name = plainURI(q.Name)
	if rule := a.plain.first(&lookup{Query: &plain}, false); rule != nil && rule.verdict < v {
		return rule.verdict, rule
	}
	return v, by
}

// whole decides what is about the class and no name in it.
func (a *access) whole() (Verdict, *entry) {
	switch {
	case a.any:
		return Allow, &a.grants.entries[0]
	case len(a.grants.entries) == 0:
		return Deny, notGranted
	}
	return Deny, &a.rules.entries[0]
}

// summarize sets any and all. any may be true where rules that overlap leave nothing: a list
// is then empty instead of refused.
func (a *access) summarize() {
	a.any = len(a.grants.entries) > 0 && !a.rules.always(Deny)
	a.all = a.grants.closed && a.rules.only(Allow)
}
