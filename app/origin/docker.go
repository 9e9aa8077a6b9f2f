package origin

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// docker is the image that `docker run [options] IMAGE` runs. Which one the name stands for is asked of the Docker Engine on
// this machine, over its socket.
// https://docs.docker.com/reference/api/engine/
func docker(args []string, p Place) (o Origin, at int, err error) {
	run := slices.Index(args, "run")
	if run < 0 {
		return o, 0, ErrNone
	}
	if at = positional(args, run+1, dockerTakesValue); at < 0 {
		return o, 0, ErrNone
	}
	o = Origin{Manager: "docker", Asked: args[at]}
	image, digest, pinned := strings.Cut(o.Asked, "@")
	o.Name = image
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		o.Name, o.Version = image[:i], image[i+1:]
	}
	if o.Exact = pinned; pinned {
		o.Integrity = digest
		return o, at, nil
	}
	o.Integrity = dockerDigest(o.Asked, o.Name, p)
	if o.Integrity == "" {
		o.Note = "the Docker Engine does not tell its digest: it does not run, is not reached by a socket on this machine, or the image was built here"
	}
	return o, at, nil
}

// dockerTakesValue reports whether an option of docker run is followed by its value.
func dockerTakesValue(a string) bool {
	if long, ok := strings.CutPrefix(a, "--"); ok {
		return !slices.Contains([]string{"rm", "interactive", "tty", "detach", "init", "privileged", "read-only", "publish-all", "no-healthcheck", "oom-kill-disable", "sig-proxy", "quiet"}, long)
	}
	return strings.Trim(a[1:], "itdPq") != ""
}

// dockerDigest is the digest under which the engine has pulled that image; "" when it does not say.
func dockerDigest(image, name string, p Place) string {
	socket := "/var/run/docker.sock"
	if host := p.Getenv("DOCKER_HOST"); host != "" {
		path, ok := strings.CutPrefix(host, "unix://")
		if !ok {
			return ""
		}
		socket = path
	}
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	where := url.URL{Scheme: "http", Host: "docker", Path: "/images/" + image + "/json"}
	resp, err := client.Get(where.String())
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var found struct{ RepoDigests []string }
	if resp.StatusCode != http.StatusOK || json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<20)).Decode(&found) != nil {
		return ""
	}
	for _, d := range found.RepoDigests {
		if repo, digest, ok := strings.Cut(d, "@"); ok && (repo == name || strings.HasSuffix(repo, "/"+name)) {
			return digest
		}
	}
	return ""
}
