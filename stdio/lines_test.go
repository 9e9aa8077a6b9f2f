package stdio

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func readLines(r io.Reader, most int) (got []line) {
	l := lines{r: r, most: most, widen: func() {}, dropped: func(int) {}}
	for {
		next, err := l.next()
		if err != nil {
			return got
		}
		got = append(got, next)
	}
}

// Lines come out as they went in, and stay so while later ones are read.
func TestLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var in bytes.Buffer
	var want []string
	for i := range 1_000 {
		n := random.IntN(200)
		switch i % 100 {
		case 7:
			n = random.IntN(100 << 10)
		case 50:
			n = random.IntN(1 << 20)
		}
		s := strings.Repeat(string(rune('a'+i%26)), n)
		want = append(want, s)
		fmt.Fprint(&in, s, []string{"\n", "\r\n"}[i%2])
	}
	all := in.Bytes()
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(all),
		"half":  iotest.HalfReader(bytes.NewReader(all)),
		"error": iotest.DataErrReader(bytes.NewReader(all)),
	} {
		var got []string
		for _, l := range readLines(r, 2<<20) {
			got = append(got, string(l.head))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d lines in, %d others out", name, len(want), len(got))
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nbb\r\n\n\rc"), 3, 2)
	f.Add(bytes.Repeat([]byte("x"), 20<<10), 8<<10, 100)
	f.Fuzz(func(t *testing.T, in []byte, most, piece int) {
		most = max(endsKept+1, most%(64<<10))
		piece = max(1, piece%(32<<10))
		got := readLines(&pieces{in, piece}, most)
		want := bytes.Split(in, []byte("\n"))
		if len(want[len(want)-1]) == 0 {
			want = want[:len(want)-1] // nothing after the last line end
		}
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d", len(got), len(want))
		}
		for i, l := range got {
			w := bytes.TrimSuffix(want[i], []byte("\r"))
			if l.size != len(want[i]) {
				t.Fatalf("line %d: size %d, want %d", i, l.size, len(want[i]))
			}
			if l.tail == nil && !bytes.Equal(l.head, w) || l.tail != nil && (!bytes.HasPrefix(w, l.head) || !bytes.HasSuffix(w, l.tail)) {
				t.Fatalf("line %d differs", i)
			}
			if l.tail != nil && l.size <= most {
				t.Fatalf("line %d of %d bytes was cut", i, l.size)
			}
		}
	})
}

// pieces reads at most n bytes at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.b[:min(p.n, len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

func FuzzLostAnswer(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{}`, `{"result":{"id":2},"jsonrpc":"2.0","id":"a"}`,
		`{"id":1,"method":"x"}`, `{"result":{"id":3}}`, `{"error":1,"id":1.5}`, `x`, ``,
	} {
		f.Add([]byte(s), 10)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		l := line{head: b, size: len(b)}
		if cut > 0 && cut < len(b) {
			l.head, l.tail = b[:cut], b[cut:]
		}
		if m, ok := lostAnswer(l, 1); ok && (m.ID() == "" || m.Error() == nil) {
			t.Fatalf("%q gives %q", b, m.Bytes())
		}
	})
}

func TestAnsweredID(t *testing.T) {
	for _, test := range []struct{ head, tail, want string }{
		{`{"jsonrpc":"2.0","id":7,"result":{"a`, `x"}}`, "7"},
		{`{"id":"q","jsonrpc":"2.0","error":{"a`, `x"}}`, `"q"`},
		{`{"result":{"id":1,"a`, `x"},"jsonrpc":"2.0","id": 9 }`, "9"},
		{`{"result":{"id":1,"a`, `x","id":4}}`, ""},
		{`{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"a`, `"}}`, ""},
		{`{"level":"info","id":7`, `}`, ""},
		{`{"jsonrpc":"2.0","id":[7],"result":`, `1}`, ""},
		{`garbage`, `"id":7}`, ""},
	} {
		if got := answeredID(line{head: []byte(test.head), tail: []byte(test.tail)}); string(got) != test.want {
			t.Errorf("%s…%s: got %q, want %q", test.head, test.tail, got, test.want)
		}
	}
}
