package event

import (
	"bytes"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// fieldsOf are a line's fields as name=value, and its message.
func fieldsOf(t *testing.T, line string) (fields map[string]string, message string) {
	t.Helper()
	var ev detector.Event
	reader(t, options.Settings{}).Line([]byte(line), &ev)
	fields = map[string]string{}
	for _, f := range ev.Fields {
		fields[string(f.Name)] = string(bytes.Clone(f.Value))
	}
	return fields, string(ev.Message)
}

func TestColumns(t *testing.T) {
	row := "9,2026/03/02 08:00:01,0077,FLOW,end,,10.1.2.3,80.1.2.3,out,,ssl,443,6,allow,812"
	fields, _ := fieldsOf(t, row)
	if len(fields) != 15 || fields["column4"] != "FLOW" || fields["column6"] != "" || fields["column15"] != "812" {
		t.Errorf("%q has the fields %q", row, fields)
	}
	row = "1772438401.2\tCx81\t10.1.2.3\t41822\t10.0.0.2\t53\tudp\tdns\t0.01"
	if fields, _ = fieldsOf(t, row); len(fields) != 9 || fields["column7"] != "udp" {
		t.Errorf("%q has the fields %q", row, fields)
	}
	for _, line := range []string{
		"moved 1,2,3,4,5,6,7,8,9,10,11,12,13,14",
		"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
		"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
		"eggs, 12, flour, 7, salt, 1, milk, 3, oil, 1, rice, 4, tea, 8, jam",
		`2026-03-02,"app",7,"a, b",8,"c",9,LOG,00000,"took 7 ms",,,,,,`,
		"1,[2,x,3,y,4,z,5,w,6,v,7,u,8]",
	} {
		if fields, message := fieldsOf(t, line); len(fields) > 0 || message != line {
			t.Errorf("%q is taken for columns: %q", line, fields)
		}
	}
}

func TestRequestWithin(t *testing.T) {
	line := `INFO:  10.0.0.1:40112 - "PUT /cart/7?x=1 HTTP/1.1" 204 No Content`
	fields, message := fieldsOf(t, line)
	if message != line || fields["method"] != "PUT" || fields["path"] != "/cart/7?x=1" || fields["protocol"] != "HTTP/1.1" {
		t.Errorf("%q has the fields %q and the message %q", line, fields, message)
	}
	for _, line := range []string{
		`speaks HTTP/1.1 "well"`,
		`the "old HTTP/1.0" is gone`,
		`"GET / HTTP/1.1`,
		`"GET / HTTP/1.1 and more that ends here"`,
	} {
		if fields, _ := fieldsOf(t, line); len(fields) > 0 {
			t.Errorf("%q has a request: %q", line, fields)
		}
	}
}

func TestS3(t *testing.T) {
	owner := strings.Repeat("7f", 32)
	line := owner + ` photos [02/Mar/2026:08:00:01 +0000] 10.0.0.7 arn:aws:sts::1:assumed-role/web/i-1 7C01D9 REST.GET.OBJECT 2026/cat.jpg ` +
		`"GET /photos/2026/cat.jpg HTTP/1.1" 403 AccessDenied 243 - 11 - "-" "curl/8.5.0" - aGk= SigV4 TLS_AES AuthHeader photos.s3.amazonaws.com TLSv1.3 - -`
	fields, message := fieldsOf(t, line)
	if message != "" || fields["operation"] != "REST.GET.OBJECT" || fields["path"] != "/photos/2026/cat.jpg" || fields["http_status"] != "403" || fields["error_code"] != "AccessDenied" || fields["tls_version"] != "TLSv1.3" {
		t.Errorf("the fields are %q, the message %q", fields, message)
	}
	for _, line := range []string{owner + " is its hash [of all], \"it\" says", owner[1:] + "x photos [02/Mar/2026:08:00:01 +0000] a \"b\" c d e f g h i j k l"} {
		if fields, _ := fieldsOf(t, line); len(fields) > 0 {
			t.Errorf("%q is taken for S3's: %q", line, fields)
		}
	}
}
