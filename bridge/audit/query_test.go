package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// noon is in the future, so that what the log remarks by itself comes before it.
var noon = time.Date(2126, 3, 1, 12, 0, 0, 0, time.UTC)

// filled is a log of 30 calls, a minute apart from noon on, in many segments.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir, SegmentSize: 1500})
	for i := range 30 {
		e := Entry{Time: noon.Add(time.Duration(i) * time.Minute), Kind: CallBegin, Call: uint64(i + 1), Agent: "claude", Server: "files", Method: "tools/call", Name: "read"}
		if i%3 == 0 {
			e.Kind, e.Agent, e.User, e.Name, e.Server = Refused, "cursor", "https://idp|7", "write", "git"
		}
		if i%5 == 0 {
			e.Method = "prompts/get"
		}
		if i%10 == 0 {
			e.Groups, e.Session, e.Front, e.Address, e.Era = []string{"ops", "dev"}, 3, "websocket", "192.0.2.7:4711", "modern"
			e.Verdict, e.Rule, e.Outcome, e.Arguments = "deny", "rule 2", "denied", []byte(`{"path":"/srv/Übersicht \"x\""}`)
		}
		appendAll(t, l, e)
	}
	return dir
}

func TestQuery(t *testing.T) {
	dir := filled(t)
	cases := map[string]struct {
		filter Filter
		want   []uint64
	}{
		"since":    {Filter{Since: noon.Add(27 * time.Minute), Until: noon.Add(time.Hour)}, []uint64{28, 29, 30}},
		"until":    {Filter{Since: noon, Until: noon.Add(2 * time.Minute)}, []uint64{1, 2}},
		"kind":     {Filter{Kinds: []Kind{Refused, Owner}, Last: 2}, []uint64{25, 28}},
		"agent":    {Filter{Agent: "cursor", Last: 1}, []uint64{28}},
		"user":     {Filter{User: "https://idp|7", Last: 1}, []uint64{28}},
		"server":   {Filter{Server: "git", Last: 1}, []uint64{28}},
		"method":   {Filter{Method: "prompts/get"}, []uint64{1, 6, 11, 16, 21, 26}},
		"name":     {Filter{Name: "write", Last: 3}, []uint64{22, 25, 28}},
		"call":     {Filter{Call: 17}, []uint64{17}},
		"last":     {Filter{Last: 4}, []uint64{27, 28, 29, 30}},
		"last all": {Filter{Last: 1000, Kinds: []Kind{Refused}}, []uint64{1, 4, 7, 10, 13, 16, 19, 22, 25, 28}},
		"both":     {Filter{Agent: "cursor", Method: "prompts/get"}, []uint64{1, 16}},
		"newest":   {Filter{Newest: true, Server: "git", Last: 3}, []uint64{28, 25, 22}},
		"reversed": {Filter{Newest: true, Method: "prompts/get"}, []uint64{26, 21, 16, 11, 6, 1}},
		"window":   {Filter{Newest: true, Since: noon.Add(3 * time.Minute), Until: noon.Add(5 * time.Minute)}, []uint64{5, 4}},
		"group":    {Filter{Group: "dev"}, []uint64{1, 11, 21}},
		"session":  {Filter{Session: 3, Agent: "claude"}, []uint64{11, 21}},
		"front":    {Filter{Front: "websocket", Last: 1}, []uint64{21}},
		"address":  {Filter{Address: "192.0.2.7"}, []uint64{1, 11, 21}},
		"port":     {Filter{Address: "192.0.2.7:4711"}, []uint64{1, 11, 21}},
		"no port":  {Filter{Address: "192.0.2.7:4"}, nil},
		"era":      {Filter{Era: "modern"}, []uint64{1, 11, 21}},
		"verdict":  {Filter{Verdict: "deny"}, []uint64{1, 11, 21}},
		"rule":     {Filter{Rule: "rule 2"}, []uint64{1, 11, 21}},
		"outcome":  {Filter{Outcome: "denied"}, []uint64{1, 11, 21}},
		"text":     {Filter{Texts: []string{"übersicht"}}, []uint64{1, 11, 21}},
		"a text":   {Filter{Texts: []string{"IDP|7"}, Last: 1}, []uint64{28}},
		"texts":    {Filter{Texts: []string{"WEBSOCKET", "write"}, Last: 1}, []uint64{1}},
		"not both": {Filter{Texts: []string{"websocket", "zebra"}}, nil},
		"none":     {Filter{Agent: "Claude"}, nil},
	}
	for name, c := range cases {
		var got []uint64
		for _, r := range readAll(t, dir, c.filter) {
			got = append(got, r.Call)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for range Query(t.Context(), dir, Filter{}) {
		break // a reader may leave
	}
	for range Query(t.Context(), dir, Filter{Last: 9}) {
		break
	}
	for range Query(t.Context(), dir, Filter{Newest: true}) {
		break
	}
	for _, err := range Query(t.Context(), dir+"/none", Filter{}) {
		if err == nil {
			t.Error("a log that is not there was read")
		}
	}
}

// TestTexts: a text is found in whatever case and however it is written in a line, and what only stands around it is not.
func TestTexts(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	appendAll(t, l, Entry{Kind: CallEnd, Call: 1, Name: "Read_Me", Note: `say "hi" \o/`}, Entry{Kind: CallEnd, Call: 2, Name: "\u212Aey", Arguments: []byte(`{"Path":"/srv","Home":"C:\\Users\nand \"more\""}`)})
	for text, want := range map[string][]uint64{
		"READ_me": {1}, `"HI"`: {1}, `\O/`: {1}, "key": {2}, `"path":"/s`: {2}, `c:\users`: {2}, `c:\\USERS`: {2}, "users\nand \"m": {2}, "e": {1, 2}, "outcome": nil, `"call":1`: nil, "zebra": nil,
	} {
		var got []uint64
		for _, r := range readAll(t, dir, Filter{Kinds: []Kind{CallEnd}, Texts: []string{text}}) {
			got = append(got, r.Call)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is in %v, want %v", text, got, want)
		}
	}
}

// TestLongDemand: what was cut in a record is found by all of it.
func TestLongDemand(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	long := "file:///" + strings.Repeat("ä", maxText)
	appendAll(t, l, Entry{Kind: CallEnd, Call: 1, Name: long, Groups: []string{long}}, Entry{Kind: CallEnd, Call: 2, Name: "file:///"})
	for _, f := range []Filter{{Name: long}, {Group: long}, {Name: readAll(t, dir, Filter{Call: 1})[0].Name}} {
		if got := readAll(t, dir, f); len(got) != 1 || got[0].Call != 1 {
			t.Errorf("%d are found", len(got))
		}
	}
}

// TestQueryEnds: a query that nobody waits for any more reads no further, even while nothing matches.
func TestQueryEnds(t *testing.T) {
	dir := filled(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range []Filter{{}, {Last: 9}, {Newest: true}, {Agent: "nobody"}} {
		for r, err := range Query(ctx, dir, f) {
			t.Errorf("%+v yields %v, %v", f, r, err)
		}
	}
}

// TestQuerySkipsSegments: a segment that is outside of the time that is asked for is not read. In each there is a line that
// would be found if it were.
func TestQuerySkipsSegments(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir, SegmentSize: 600})
	const days = 20
	for i := range days {
		appendAll(t, l, Entry{Time: noon.AddDate(0, 0, i), Kind: CallBegin, Call: uint64(i + 1), Agent: "claude", Name: strings.Repeat("x", 100)})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	sealer := newSealer(testKey)
	body := appendBody(nil, &Entry{Time: noon.AddDate(0, 0, 10), Kind: CallBegin, Call: 99}, &stamp{})
	trap, _ := sealer.appendRecord(nil, body, Head{})
	all := files(t, dir)
	for i, lines := range all {
		put(t, dir, i, append(slices.Clone(lines), trap))
	}
	f := Filter{Since: noon.AddDate(0, 0, 9), Until: noon.AddDate(0, 0, 11)}
	for _, f.Newest = range []bool{false, true} {
		got := map[uint64]int{}
		for _, r := range readAll(t, dir, f) {
			got[r.Call]++
		}
		if got[10] != 1 || got[11] != 1 || got[99] == 0 || got[99] > 4 || len(all) < 8 {
			t.Errorf("newest first %v: %v of %d segments", f.Newest, got, len(all))
		}
	}
}

// TestBackward: lines that are longer than what is read at once, that are no records and that are not finished yet.
func TestBackward(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	var want []uint64
	for i := range 60 {
		appendAll(t, l, Entry{Kind: CallBegin, Call: uint64(i + 1), Arguments: []byte(`"` + strings.Repeat("x", i*i*3) + `"`)})
		want = append([]uint64{uint64(i + 1)}, want...)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(newest(t, dir), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(strings.Repeat("z", maxLine+piece) + "\n" + `{"seq":99,"time":"2126`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for _, r := range readAll(t, dir, Filter{Newest: true, Kinds: []Kind{CallBegin}}) {
		got = append(got, r.Call)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	evil := []string{`=cmd|' /C calc'!A0`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "|x", "%x", "a=1", "plain, \"quoted\"\nlines"}
	for i, name := range evil {
		appendAll(t, l, Entry{Time: noon, Kind: CallEnd, Call: uint64(i), Name: name, Bytes: 7, Took: 1500 * time.Microsecond})
	}
	calls := Filter{Kinds: []Kind{CallEnd}}
	var table, lines bytes.Buffer
	if err := WriteCSV(&table, Query(t.Context(), dir, calls)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != len(evil)+1 || rows[1][0] != "2" || rows[1][1] != "2126-03-01T12:00:00.000000Z" || rows[1][15] != "1.500" {
		t.Fatalf("%v %v", rows, err)
	}
	for i, name := range evil {
		got := rows[i+1][8]
		want := name
		if i < 10 {
			want = "'" + name
		}
		if got != want && got != strings.ReplaceAll(want, "\r", "") {
			t.Errorf("%q became the cell %q", name, got)
		}
	}
	if err := WriteJSONL(&lines, Query(t.Context(), dir, calls)); err != nil {
		t.Fatal(err)
	}
	s := newSealer(testKey)
	for line := range bytes.Lines(lines.Bytes()) {
		if _, ok := s.open(bytes.TrimSuffix(line, []byte("\n"))); !ok {
			t.Errorf("exported line no longer verifies: %s", line)
		}
	}
	broken := func(yield func(Record, error) bool) { yield(Record{}, fmt.Errorf("gone")) }
	if WriteCSV(&table, broken) == nil || WriteJSONL(&table, broken) == nil {
		t.Error("an error on the way was swallowed")
	}
}

// FuzzEntry holds that whatever an agent puts into an entry, its record is one line of JSON that says the same.
func FuzzEntry(f *testing.F) {
	f.Add("name", "note", []byte(`{"a":1}`))
	f.Add("\"\\\n\x00\x7f", "\xff\u2028<é>", []byte("{\"a\":\n1}"))
	f.Fuzz(func(t *testing.T, name, note string, arguments []byte) {
		line, _ := newSealer(testKey).appendRecord(nil, appendBody(nil, &Entry{Time: noon, Kind: Owner, Name: name, Note: note, Arguments: arguments}, &stamp{}), Head{})
		line = line[:len(line)-1]
		h, ok := readHeader(line)
		if !json.Valid(line) || bytes.IndexByte(line, '\n') >= 0 || !utf8.Valid(line) && utf8.Valid(arguments) || !ok || len(line) > maxLine {
			t.Fatalf("%q", line)
		}
		r, ok := readRecord(h, line)
		if !ok {
			t.Fatalf("not read back: %s", line)
		}
		if len(name) <= maxText && r.Name != strings.ToValidUTF8(name, "\uFFFD") && utf8.ValidString(name) {
			t.Fatalf("%q became %q", name, r.Name)
		}
	})
}

// TestNamesHoldNoSecrets: what agents and servers call things is recorded without secrets, and found by what it was called.
func TestNamesHoldNoSecrets(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, Config{Dir: dir})
	const uri = "https://ann:canary@h/x?token=canary"
	appendAll(t, l, Entry{Kind: CallEnd, Call: 7, Name: uri, Error: "no such key: Bearer canary", Note: "at " + uri})
	found := 0
	for r, err := range Query(t.Context(), dir, Filter{Name: uri}) {
		if err != nil {
			t.Fatal(err)
		}
		found++
		if bytes.Contains(r.Line, []byte("canary")) || r.Name != "https://ann:[redacted]@h/x?token=[redacted]" || r.Error != "no such key: Bearer [redacted]" {
			t.Errorf("%s", r.Line)
		}
	}
	if found != 1 {
		t.Errorf("found %d", found)
	}
}
