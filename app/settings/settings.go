// Package settings is the owner's file of choices: reading it with positions for every complaint,
// editing it without losing a comment, and watching it.
//
// The file is JSON in which comments and trailing commas are allowed. Its `mcpServers` object is as Claude Desktop,
// Cursor and VS Code write it; what is Drawbridge's own stands under `drawbridge`, at the top and in an entry:
//
//	{
//	  "mcpServers": {
//	    "files": {
//	      "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/srv"],
//	      "env": {"API_KEY": "${keychain:files-key}"},
//	      "drawbridge": {"share": "agent", "idle": "10m"}
//	    }
//	  },
//	  "drawbridge": {"listen": "127.0.0.1:7040"}
//	}
package settings

import (
	"maps"
	"slices"
	"time"
)

// Settings is what the file says, with the default for what it leaves out.
type Settings struct {
	Servers   []Server // in the file's order
	Listen    string   // host:port to serve on
	Metrics   string   // host:port of this machine to serve /metrics on; "" is nowhere
	PublicURL string   // the origin that agents reach it by; "" is the one it listens on
	Tunnels   []Tunnel // addresses besides Listen, in the file's order
	Origins   []string // of web pages that may call, besides our own
	Theme     string   // system, light or dark
	Limits    Limits
	Quotas    []Quota // in limits.quotas
	Audit     Audit
	Ship      []Shipment // in audit.ship
	SignIn    SignIn
	RaiseOn   RaiseOn
	Rules     Raw // the policy's rules, for policy.Parse

	own Raw // all that stands below `drawbridge`
}

// Limits bound what one caller may use.
type Limits struct {
	MessageSize int64 // bytes, either way
	Sessions    int   // open at once
	Calls       int   // in flight at once
}

// Quota bounds what agents may use; see bridge.Quota. What is zero is no bound, or not narrowed.
type Quota struct {
	Agent, Server, Tool string
	Shared              bool
	CallsPerMinute      int
	AtOnce              int
	BytesPerMinute      int64
}

// Equal reports whether s and t choose the same. Comments and layout don't count, the order of servers does.
func (s Settings) Equal(t Settings) bool {
	return slices.EqualFunc(s.Servers, t.Servers, Server.Equal) && slices.EqualFunc(s.Tunnels, t.Tunnels, Tunnel.Equal) &&
		s.Listen == t.Listen && s.Metrics == t.Metrics && s.PublicURL == t.PublicURL && slices.Equal(s.Origins, t.Origins) && s.Theme == t.Theme &&
		s.Limits == t.Limits && slices.Equal(s.Quotas, t.Quotas) && s.Audit == t.Audit && slices.EqualFunc(s.Ship, t.Ship, Shipment.Equal) && s.SignIn.Equal(t.SignIn) &&
		s.RaiseOn == t.RaiseOn && s.Rules.plain == t.Rules.plain
}

// Server is one entry of mcpServers. Only Name and Command are required.
type Server struct {
	Name     string // see CheckName
	Command  string
	Args     []string
	Env      map[string]string // `${keychain:NAME}` and `${env:NAME}` in values are as the file has them
	Cwd      string
	Disabled bool

	Share          string        // session, agent or all; "" is by the server's era
	Idle           time.Duration // a process without use is stopped after this; 0 is the default
	MaxProcesses   int           // 0 is the default
	MaxCallTime    time.Duration // 0 is the default
	Parallel       string        // always, never or learn; "" is learn
	StderrToAgents bool          // errors for agents carry the tail of standard error

	Pins             string // hold or note what is not as the owner approved it; "" is hold
	TrustAnnotations bool   // rules may go by what its tools say of themselves
}

// Equal reports whether s and t are the same in every field.
func (s Server) Equal(t Server) bool {
	return s.Name == t.Name && s.Command == t.Command && slices.Equal(s.Args, t.Args) && maps.Equal(s.Env, t.Env) &&
		s.Cwd == t.Cwd && s.Disabled == t.Disabled && s.Share == t.Share && s.Idle == t.Idle && s.MaxProcesses == t.MaxProcesses &&
		s.MaxCallTime == t.MaxCallTime && s.Parallel == t.Parallel && s.StderrToAgents == t.StderrToAgents &&
		s.Pins == t.Pins && s.TrustAnnotations == t.TrustAnnotations
}
