package origin

import (
	"slices"
	"strings"
)

// uvx is the package that `uvx [options] [--from SPEC] SPEC` runs. Which version that is, when the command does not say so,
// lies in environments that uv names by a digest of everything it resolved; nothing on disk leads there from the command.
// https://docs.astral.sh/uv/guides/tools/
func uvx(args []string) (o Origin, at int, err error) {
	at = positional(args, 0, func(a string) bool {
		return slices.Contains([]string{"--from", "--with", "--with-editable", "--with-requirements", "--python", "-p", "--index", "--default-index", "--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--cache-dir", "--directory", "--project", "--config-file", "--constraints", "-c", "--overrides", "--env-file", "--refresh-package", "--upgrade-package", "-P", "--exclude-newer", "--link-mode", "--resolution", "--prerelease"}, a)
	})
	end := at
	if end < 0 {
		end = len(args)
	}
	if i, from := option(args, end, "--from"); from != "" {
		at, o.Asked = i, from
	} else if at >= 0 {
		o.Asked = args[at]
	} else {
		return o, 0, ErrNone
	}
	o.Manager = "uvx"
	o.Name, o.Version, o.Exact = strings.Cut(o.Asked, "==")
	if !o.Exact {
		o.Name, o.Version, o.Exact = strings.Cut(o.Asked, "@")
	}
	if o.Exact = o.Exact && !strings.ContainsAny(o.Asked, " /:,*<>!~") && o.Version != "latest"; o.Exact {
		return o, at, nil
	}
	o.Version = ""
	o.Note = "uvx does not tell which version it took; write the version you want in its entry, as in " + o.Name + "@1.2.3"
	return o, at, nil
}
