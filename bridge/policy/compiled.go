package policy

import "drawbridge/internal/caller"

// Compiled is what one caller may do on one server. It is never changed and safe for concurrent use. A
// nil Compiled and the zero one deny everything.
type Compiled struct {
	tools, prompts, resources access
}

// Decide says whether the request that q describes may pass, and in words for the owner which scope or rule said so.
// It allocates nothing.
//
// A list (tools/list and the like) passes when something of its class might; what it shows is to be
// filtered with Shows. tasks/* pass when some tool does: whose task it is, is the bridge's to know.
func (d *Compiled) Decide(q Query) (v Verdict, why string) {
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
		return Deny, "unknown method"
	case m.shape == whole:
		return a.whole()
	case q.Name == "":
		return Deny, "no name given"
	}
	return a.decide(q.Name)
}

// Shows reports whether a list may show what q would use: whatever Decide does not deny.
func (d *Compiled) Shows(q Query) bool {
	v, _ := d.Decide(q)
	return v != Deny
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

// rule adds a rule: to the tools, and to everything else when it names no tool.
func (d *Compiled) rule(r *ready) {
	d.tools.rule(r.tool, r.Verdict, r.why)
	if r.Tool == "" {
		d.prompts.rule(r.tool, r.Verdict, r.why)
		d.resources.rule(r.tool, r.Verdict, r.why)
	}
}

func (d *Compiled) summarize() {
	d.tools.summarize()
	d.prompts.summarize()
	d.resources.summarize()
}

const (
	notGranted    = "no scope of the grant covers it"
	serverGranted = "the server is granted"
)

// access is the part of a Compiled that one class needs.
type access struct {
	grants table
	rules  table
	any    bool // something may be allowed or asked for
	all    bool // everything is allowed
}

func (a *access) grant(g glob, why string)           { a.grants.add(g, Allow, why) }
func (a *access) rule(g glob, v Verdict, why string) { a.rules.add(g, v, why) }

// decide is the one place where a name meets scopes and rules.
func (a *access) decide(name string) (Verdict, string) {
	grant := a.grants.first(name)
	if grant == nil {
		return Deny, notGranted
	}
	if rule := a.rules.first(name); rule != nil {
		return rule.verdict, rule.why
	}
	return grant.verdict, grant.why
}

// whole decides what is about the class and no name in it.
func (a *access) whole() (Verdict, string) {
	switch {
	case a.any:
		return Allow, a.grants.entries[0].why
	case len(a.grants.entries) == 0:
		return Deny, notGranted
	}
	return Deny, a.rules.entries[0].why
}

// summarize sets any and all. any may be true where rules that overlap leave nothing: a list
// is then empty instead of refused.
func (a *access) summarize() {
	a.any = len(a.grants.entries) > 0 && !a.rules.always(Deny)
	a.all = a.grants.closed && a.rules.only(Allow)
}
