package event

import "bytes"

// s3Names are the names of an access log of a bucket in AWS S3, in their order:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
// The request is split as everywhere.
var s3Names = []string{
	"bucket_owner", "bucket", "time", "remote_ip", "requester", "request_id", "operation", "key", "request", "http_status",
	"error_code", "bytes_sent", "object_size", "total_time", "turn_around_time", "referer", "agent", "version_id", "host_id",
	"signature_version", "cipher_suite", "authentication_type", "host_header", "tls_version", "access_point_arn", "acl_required",
}

const (
	s3Time    = 2 // among the names
	s3Request = 8
	s3Owner   = 64 // the size of an owner's id, in hexadecimal digits
)

// s3 takes in a line of an access log of a bucket in AWS S3.
func (r *Reader) s3(text []byte) (more, ok bool) {
	if len(text) < s3Owner+40 || text[s3Owner] != ' ' {
		return false, false
	}
	for _, c := range text[:s3Owner] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false, false
		}
	}
	bucket := bytes.IndexByte(text[s3Owner+1:], ' ')
	if bucket < 1 || s3Owner+1+bucket+1 >= len(text) || text[s3Owner+1+bucket+1] != '[' {
		return false, false
	}
	w := words{text, 0}
	for i, name := range s3Names {
		switch value := w.next(); {
		case value == nil:
			return false, true
		case i == s3Time:
			r.clock = moment{1, value}
		case i == s3Request:
			r.request(value)
		default:
			r.named(name, value)
		}
	}
	return false, true
}
