package found

import "path"

// application is one that keeps MCP servers in a file.
type application struct {
	key, title string
	dialect    dialect
	toml       bool
	under      [][]string // where the object of servers is, the first that is there counts
	projects   bool       // servers of projects stand beside, as Claude Code has them
	places     func(system) []string
}

// App is an application whose servers can be found.
type App struct{ Key, Title string }

// Apps are the applications that Find knows.
func Apps() []App {
	var all []App
	for _, a := range applications() {
		all = append(all, App{a.key, a.title})
	}
	return all
}

func applications() []application {
	mcpServers := [][]string{{"mcpServers"}}
	return []application{
		{key: "claude-desktop", title: "Claude Desktop", under: mcpServers, places: func(s system) []string {
			return []string{s.data("Claude", "claude_desktop_config.json")}
		}},
		{key: "claude-code", title: "Claude Code", dialect: shell, under: mcpServers, projects: true, places: func(s system) []string {
			if dir := s.env("CLAUDE_CONFIG_DIR"); s.absolute(dir) {
				return []string{s.join(dir, ".claude.json")}
			}
			return []string{s.join(s.home, ".claude.json")}
		}},
		{key: "cursor", title: "Cursor", dialect: editor, under: mcpServers, places: func(s system) []string {
			return []string{s.join(s.home, ".cursor", "mcp.json")}
		}},
		{key: "vscode", title: "VS Code", dialect: editor, under: [][]string{{"servers"}, {"mcp", "servers"}}, places: func(s system) []string {
			return s.codes("mcp.json", "settings.json")
		}},
		{key: "windsurf", title: "Windsurf", dialect: editor, under: mcpServers, places: func(s system) []string {
			return []string{s.join(s.home, ".codeium", "windsurf", "mcp_config.json")}
		}},
		{key: "cline", title: "Cline", under: mcpServers, places: func(s system) []string {
			return s.codes(path.Join("globalStorage", "saoudrizwan.claude-dev", "settings", "cline_mcp_settings.json"))
		}},
		{key: "gemini", title: "Gemini CLI", dialect: shell, under: mcpServers, places: func(s system) []string {
			return []string{s.join(s.home, ".gemini", "settings.json")}
		}},
		{key: "codex", title: "Codex", toml: true, places: func(s system) []string {
			if dir := s.env("CODEX_HOME"); s.absolute(dir) {
				return []string{s.join(dir, "config.toml")}
			}
			return []string{s.join(s.home, ".codex", "config.toml")}
		}},
	}
}

// files are the places where the application may keep its servers.
func (a application) files(s system) []string { return a.places(s) }

// most is how large its file may be, in bytes. Claude Code keeps much else in its own.
func (a application) most() int64 {
	if a.toml {
		return 256 << 10
	}
	return 32 << 20
}

// codes are files in the user directories of VS Code and its Insiders.
func (s system) codes(files ...string) []string {
	var all []string
	for _, edition := range []string{"Code", "Code - Insiders"} {
		for _, file := range files {
			all = append(all, s.data(edition, "User", file))
		}
	}
	return all
}

// data is a file where applications keep data of the owner's.
func (s system) data(parts ...string) string {
	base := s.join(s.home, ".config")
	switch s.goos {
	case "darwin":
		base = s.join(s.home, "Library", "Application Support")
	case "windows":
		base = s.join(s.home, "AppData", "Roaming")
		if dir := s.env("APPDATA"); s.absolute(dir) {
			base = dir
		}
	default:
		if dir := s.env("XDG_CONFIG_HOME"); s.absolute(dir) {
			base = dir
		}
	}
	return s.join(append([]string{base}, parts...)...)
}
