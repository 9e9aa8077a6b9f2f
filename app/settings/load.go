package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strconv"
)

// Load reads the file at path. Where there is none it returns Default. A file that can't be read, is no JSON, has a key twice
// or a value of the wrong kind is refused with an *Error; a key that is not known is warned of.
func Load(path string) (Settings, []Warning, error) {
	s, warnings, _, err := load(path)
	return s, warnings, err
}

// load also returns the file's bytes; nil when there is no file.
func load(path string) (Settings, []Warning, []byte, error) {
	src, mode, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil, nil, nil
	}
	if err != nil {
		return Settings{}, nil, nil, &Error{Path: path, Text: err.Error()}
	}
	s, warnings, err := read(path, src)
	if err == nil && mode.Perm()&0o022 != 0 && runtime.GOOS != "windows" {
		warnings = append(warnings, Warning{Path: path, Text: "others on this machine may write this file, and with it choose what runs; run chmod 600 on it"})
	}
	return s, warnings, src, err
}

// readFile reads a regular file, a byte more than is allowed at most.
func readFile(path string) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is no file; move it away", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+int64(len(byteOrderMark))+1))
	if src == nil {
		src = []byte{}
	}
	return src, info.Mode(), err
}

// read takes the settings out of src.
func read(path string, src []byte) (Settings, []Warning, error) {
	d, err := parse(path, src)
	if err != nil {
		return Settings{}, nil, err
	}
	s := Default()
	err = node{doc: d, v: &d.root}.fields(map[string]reader{
		"mcpServers": servers(&s.Servers),
		"drawbridge": s.readOwn,
	}, "drawbridge")
	if err != nil {
		return Settings{}, nil, err
	}
	return s, d.warnings, nil
}

// readOwn reads the `drawbridge` object of the file.
func (s *Settings) readOwn(n node) error {
	if err := raw(&s.own)(n); err != nil {
		return err
	}
	return s.choices().read(n)
}

// choices are what may stand below `drawbridge`.
func (s *Settings) choices() table {
	return table{
		known: map[string]reader{
			"listen":    address(&s.Listen),
			"metrics":   loopback(&s.Metrics),
			"publicURL": origin(&s.PublicURL),
			"origins":   origins(&s.Origins),
			"theme":     oneOf(&s.Theme, "system", "light", "dark"),
			"raiseOn":   s.RaiseOn.read,
			"tunnels":   tunnels(&s.Tunnels),
			"rules":     raw(&s.Rules),
		},
		groups:   map[string]table{"limits": s.limits(), "audit": s.audit(), "signIn": s.SignIn.choices()},
		guarding: []string{"limits", "signIn", "raiseOn", "rules"},
	}
}

// limits are the limits, quotas among them.
func (s *Settings) limits() table {
	l := &s.Limits
	return table{
		known: map[string]reader{
			"messageSize": size(&l.MessageSize, 64<<10, 1<<30),
			"sessions":    whole(&l.Sessions, 1, 100_000),
			"calls":       whole(&l.Calls, 1, 100_000),
			"quotas":      list(&s.Quotas, maxQuotas, (*Quota).read),
		},
		guarding: []string{"quotas"},
	}
}

const maxQuotas = 256

func (q *Quota) read(n node) error {
	err := n.only(map[string]reader{
		"agent":          text(&q.Agent),
		"server":         text(&q.Server),
		"tool":           text(&q.Tool),
		"shared":         truth(&q.Shared),
		"callsPerMinute": whole(&q.CallsPerMinute, 1, 1_000_000),
		"atOnce":         whole(&q.AtOnce, 1, 100_000),
		"bytesPerMinute": size(&q.BytesPerMinute, 1<<10, 1<<50),
	})
	if err == nil && q.CallsPerMinute == 0 && q.AtOnce == 0 && q.BytesPerMinute == 0 {
		return n.fail("bounds nothing; add callsPerMinute, atOnce or bytesPerMinute")
	}
	return err
}

// address reads a host and port to listen on.
func address(to *string) reader {
	return func(n node) error {
		s, err := n.string()
		if err != nil {
			return err
		}
		host, port, err := net.SplitHostPort(s)
		if err != nil {
			return n.fail("is %q; write host:port, like \"127.0.0.1:7040\"", s)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return n.fail("has the port %q; write a number up to 65535", port)
		}
		ip, err := netip.ParseAddr(host)
		if err != nil && host != "" && host != "localhost" {
			return n.fail("has the host %q; write an IP address of this machine or localhost", host)
		}
		if host != "localhost" && !ip.IsLoopback() {
			n.doc.warn(n.v.StartOffset, "%s is reachable from the network", n.name)
		}
		*to = s
		return nil
	}
}

// loopback reads a host and port of this machine alone.
func loopback(to *string) reader {
	return func(n node) error {
		if err := address(to)(n); err != nil {
			return err
		}
		if host, port, _ := net.SplitHostPort(*to); !isLocal(host) {
			return n.fail("is %q, which others can reach; write \"127.0.0.1:%s\"", *to, port)
		}
		return nil
	}
}

// origin reads scheme://host[:port]: https, or http on this machine.
func origin(to *string) reader {
	return func(n node) error {
		s, err := n.string()
		if err != nil {
			return err
		}
		*to, err = parseOrigin(s)
		if err != nil {
			return n.fail("is %q: %v", s, err)
		}
		return nil
	}
}

func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "", errors.New("write https://host or https://host:port")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery || u.Path != "" && u.Path != "/":
		return "", errors.New("leave out everything before and behind the host")
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		return "", errors.New("http is for this machine alone; write https")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("write https://host or https://host:port")
	}
	return u.Scheme + "://" + u.Host, nil
}

func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// origins reads a list of origins.
func origins(to *[]string) reader {
	return func(n node) error {
		var list []string
		if err := texts(&list)(n); err != nil {
			return err
		}
		for i, s := range list {
			o, err := parseOrigin(s)
			if err != nil {
				return n.fail("[%d] is %q: %v", i, s, err)
			}
			list[i] = o
		}
		*to = list
		return nil
	}
}
