package origin

import (
	"bufio"
	"cmp"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// npx is the package that `npx [options] [--package SPEC]… SPEC` runs. npx takes one from the project in its working
// directory, else from a directory of its cache whose name is a digest of what was asked for. (A package that is
// installed globally comes between the two and is not looked for.)
// https://docs.npmjs.com/cli/v11/commands/npx
func npx(args []string, p Place) (o Origin, at int, err error) {
	at = positional(args, 0, func(a string) bool {
		return slices.Contains([]string{"-p", "--package", "-c", "--call", "--cache", "--registry", "--userconfig", "--prefix", "-w", "--workspace", "--script-shell", "--loglevel", "--node-options"}, a)
	})
	end := at
	if end < 0 {
		end = len(args)
	}
	specs := packages(args[:end])
	if i, first := option(args, end, "-p", "--package"); first != "" {
		at = i
	} else if at >= 0 {
		specs = []string{args[at]}
	}
	if len(specs) == 0 {
		return o, 0, ErrNone
	}
	o = Origin{Manager: "npx", Asked: specs[0]}
	o.Name, o.Version = splitSpec(specs[0])
	if o.Name == "" {
		o.Name, o.Version, o.Note = specs[0], "", "it is no package of a registry"
		return o, at, nil
	}
	o.Exact = isExact(o.Version)
	asked := o.Version
	o.Version = ""
	if project := projectOf(p.Dir); project != "" && o.read(filepath.Join(project, "node_modules"), asked) {
		return o, at, nil
	}
	_, cache := option(args, end, "--cache")
	dir := filepath.Join(cmp.Or(cache, npmCache(p)), "_npx", npxDigest(specs), "node_modules")
	switch found := o.read(dir, ""); {
	case !found && o.Exact:
		o.Version = asked
	case !found:
		o.Note = "npx's cache does not have it; it may be installed globally, or not have been started yet"
	}
	return o, at, nil
}

// packages are all that --package asks for.
func packages(args []string) (specs []string) {
	for len(args) > 0 {
		at, spec := option(args, len(args), "-p", "--package")
		if spec == "" {
			return specs
		}
		specs, args = append(specs, spec), args[at+1:]
	}
	return specs
}

// splitSpec takes name@version apart; "" for what is no package of a registry.
func splitSpec(spec string) (name, version string) {
	if strings.ContainsAny(spec, ":\\") || strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") || strings.HasPrefix(spec, "~") {
		return "", ""
	}
	name, version = spec, ""
	if i := strings.LastIndexByte(spec, '@'); i > 0 {
		name, version = spec[:i], spec[i+1:]
	}
	if strings.Contains(name, "/") && !strings.HasPrefix(name, "@") {
		return "", "" // a repository on GitHub
	}
	return name, version
}

// isExact reports whether a version is one and no range or tag.
func isExact(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) != 3 || strings.ContainsAny(version, " |<>=^~*xX") {
		return false
	}
	return !slices.ContainsFunc(parts, func(s string) bool { return s == "" || s[0] < '0' || s[0] > '9' })
}

// npxDigest names the directory of npx's cache for those packages.
func npxDigest(specs []string) string {
	sorted := slices.Clone(specs)
	slices.Sort(sorted)
	sum := sha512.Sum512([]byte(strings.Join(sorted, "\n")))
	return hex.EncodeToString(sum[:])[:16]
}

// read looks for the package in a node_modules; with asked only if that is its version, or asks for none.
func (o *Origin) read(modules, asked string) bool {
	var installed struct{ Version string }
	text, err := os.ReadFile(filepath.Join(modules, filepath.FromSlash(o.Name), "package.json"))
	if err != nil || json.Unmarshal(text, &installed) != nil || installed.Version == "" || asked != "" && asked != installed.Version {
		return false
	}
	o.Version = installed.Version
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	text, err = os.ReadFile(filepath.Join(modules, ".package-lock.json"))
	if err == nil && json.Unmarshal(text, &lock) == nil {
		if l := lock.Packages["node_modules/"+o.Name]; l.Version == o.Version {
			o.Integrity = l.Integrity
		}
	}
	return true
}

// projectOf is the nearest directory from dir upwards that npm takes for a project; "" when there is none.
func projectOf(dir string) string {
	for dir != "" {
		for _, mark := range []string{"package.json", "node_modules"} {
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return dir
			}
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return ""
}

// npmCache is where npm keeps its cache.
func npmCache(p Place) string {
	for _, name := range []string{"npm_config_cache", "NPM_CONFIG_CACHE"} {
		if dir := p.Getenv(name); dir != "" {
			return dir
		}
	}
	home := cmp.Or(p.Getenv("HOME"), p.Home)
	if dir := npmrcCache(filepath.Join(home, ".npmrc"), p); dir != "" {
		return dir
	}
	if local := p.Getenv("LOCALAPPDATA"); runtime.GOOS == "windows" && local != "" {
		return filepath.Join(local, "npm-cache")
	}
	return filepath.Join(home, ".npm")
}

// npmrcCache is the cache that an .npmrc names; "" when it names none.
func npmrcCache(path string, p Place) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if ok && strings.TrimSpace(key) == "cache" {
			return os.Expand(strings.Trim(strings.TrimSpace(value), `"`), p.Getenv)
		}
	}
	return ""
}
