// The server of the S3 tests checks signatures itself; here it is held against the example of Amazon's
// documentation ("Authenticating Requests: Using the Authorization Header", GET Object).
import { createHash } from "node:crypto";
import { signatureProblem } from "../fixtures/sigv4.ts";

const keys = { AKIAIOSFODNN7EXAMPLE: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const request = {
  method: "GET",
  url: "/test.txt",
  headers: {
    host: "examplebucket.s3.amazonaws.com",
    range: "bytes=0-9",
    "x-amz-content-sha256": createHash("sha256").update("").digest("hex"),
    "x-amz-date": "20130524T000000Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
};

describe("the signatures that the S3 test server accepts", () => {
  it("are Amazon's", () => {
    expect(signatureProblem(request, keys, "us-east-1")).toBeUndefined();
  });

  it("are for one request, key and region", () => {
    const { headers } = request;
    const check = (
      changed: Partial<typeof request>,
      region = "us-east-1",
      known: Record<string, string> = keys,
    ) => signatureProblem({ ...request, ...changed }, known, region);
    expect(check({ url: "/test2.txt" })).toBe("SignatureDoesNotMatch");
    expect(check({ url: "/test.txt?a=1" })).toBe("SignatureDoesNotMatch");
    expect(check({ method: "PUT" })).toBe("SignatureDoesNotMatch");
    expect(check({ headers: { ...headers, range: "bytes=0-8" } })).toBe("SignatureDoesNotMatch");
    expect(check({}, "eu-west-1")).toBe("AuthorizationHeaderMalformed");
    expect(check({}, "us-east-1", {})).toBe("InvalidAccessKeyId");
    expect(check({ headers: { ...headers, authorization: "" } })).toBe("AccessDenied");
  });
});
